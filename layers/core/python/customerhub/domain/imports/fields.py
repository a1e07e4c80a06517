"""What a column can be, and what its heading says that it is."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """What a column's cells are read as."""

    EMAIL = "email"
    PHONE = "phone"
    FIRST_NAME = "firstName"
    LAST_NAME = "lastName"
    FULL_NAME = "fullName"
    """Both names in one cell, as `First Last` or `Last, First`."""
    LINE1 = "address.line1"
    LINE2 = "address.line2"
    CITY = "address.city"
    REGION = "address.region"
    POSTAL_CODE = "address.postalCode"
    COUNTRY = "address.country"
    ALLERGIES = "allergies"
    """Words between commas, semicolons or bars."""
    PREFERENCES = "preferences"
    STAGE = "stage"
    """The name of a club stage in which the row's person is enrolled."""
    IGNORED = "ignored"


HUB_ROW, HUB_VERDICT, HUB_REASON, HUB_FIELD = HUB_COLUMNS = ("hub_row", "hub_verdict", "hub_reason", "hub_field")
"""The columns that the hub adds to the file of rows that failed."""

ADDRESS_PARTS = {field: field.partition(".")[2] for field in Field if field.startswith("address.")}
"""The parts of an address, by field, as a customer has them."""

_NAMES = {
    Field.EMAIL: """
        email; e-mail; mail; email address; e-mail address; mail address; email id; primary email; customer email;
        contact email; billing email; your email; email 1 value; e-mail 1 value; emailadresse; e-mail-adresse;
        adresse e-mail; adresse mail; courriel; correo; correo electronico; posta elettronica; indirizzo email; e-post;
        e-postadresse; e-mailadres
    """,
    Field.PHONE: """
        phone; phone number; phone no; phone nr; telephone; telephone number; tel; tel no; tel nr; mobile;
        mobile phone; mobile number; mobile no; cell; cell phone; cell number; cellphone; contact number; contact phone;
        primary phone; home phone; work phone; business phone; day phone; customer phone; billing phone; whatsapp;
        whatsapp number; sms; phone 1 value; telefon; telefonnummer; handy; handynummer; mobil; mobilnummer;
        mobiltelefon; mobilfunk; telefono; numero de telephone; portable; movil; celular; cellulare; numero di telefono;
        telefoon; telefoonnummer; mobiel; telefone; telemovel
    """,
    Field.FIRST_NAME: """
        first; first name; firstname; fname; given name; givenname; given; forename; customer first name;
        billing first name; contact first name; vorname; prenom; nombre; primer nombre; nombres; voornaam; fornavn;
        fornamn; primeiro nome
    """,
    Field.LAST_NAME: """
        last; last name; lastname; lname; surname; family name; familyname; family; second name; customer last name;
        billing last name; contact last name; nachname; familienname; zuname; nom de famille; apellido; apellidos;
        cognome; achternaam; efternavn; efternamn; etternavn; sobrenome
    """,
    Field.FULL_NAME: """
        name; full name; fullname; customer; customer name; client; client name; contact; contact name; member;
        member name; guest; guest name; display name; person; billing name; kunde; kundenname; vollstandiger name; nom;
        nom complet; nom et prenom; nombre completo; nombre y apellidos; nome; nome completo; nome e cognome; naam;
        navn; namn
    """,
    Field.LINE1: """
        address; address 1; address1; address line 1; addressline1; line 1; street; street 1; street address;
        mailing address; shipping address; billing address; billing address 1; shipping address 1; home address;
        address 1 street; default address address1; adresse; strasse; anschrift; strasse und hausnummer;
        strasse hausnummer; rue; direccion; calle; domicilio; indirizzo; via; adres; straat; endereco; morada
    """,
    Field.LINE2: """
        address 2; address2; address line 2; addressline2; line 2; street 2; apt; apartment; suite; unit;
        apartment suite; apt suite; apt suite unit; billing address 2; shipping address 2; default address address2;
        adresszusatz; complement d adresse; complement
    """,
    Field.CITY: """
        city; town; city town; town city; suburb; locality; billing city; shipping city; address 1 city;
        default address city; ort; stadt; wohnort; ville; ciudad; localidad; poblacion; citta; comune; plaats; stad;
        cidade
    """,
    Field.REGION: """
        state; region; province; county; state province; state region; province state; billing state; shipping state;
        address 1 region; state code; province code; default address province code; bundesland; kanton; departement;
        provincia; estado; regione; provincie
    """,
    Field.POSTAL_CODE: """
        zip; zip code; zipcode; zip postal code; postal; postal code; postalcode; postcode; post code; postal zip code;
        zip postcode; billing zip; shipping zip; billing postcode; address 1 postal code; default address zip; plz;
        postleitzahl; code postal; codigo postal; cp; cap; cep
    """,
    Field.COUNTRY: """
        country; country code; country region; nation; billing country; shipping country; address 1 country;
        default address country code; land; pays; pais; paese
    """,
    Field.ALLERGIES: """
        allergies; allergy; allergens; food allergies; dietary restrictions; dietary requirements; dietary;
        intolerances; allergien; unvertraglichkeiten; alergias; allergie
    """,
    Field.PREFERENCES: """
        preferences; preference; likes; interests; wine preferences; tastes; vorlieben; interessen; preferencias;
        preferenze
    """,
    Field.STAGE: """
        stage; club; club tier; club level; club name; tier; level; membership; membership level; membership tier;
        membership type; member level; club stage; stufe; mitgliedschaft; clubstufe; niveau; nivel; livello
    """,
    Field.IGNORED: """
        note; notes; comment; comments; remark; remarks; memo; description; id; customer id; member id; number; no; nr;
        row; created; created at; date created; updated; updated at; date; tags; tag; source; company; title;
        salutation; gender; birthday; date of birth; dob; total spent; total orders; orders count;
        accepts marketing; opt in; accepts email marketing; accepts sms marketing; tax exempt; age;
        fax; website; url; notiz; notizen; bemerkung;
        anrede; titel; firma; geburtsdatum; geburtstag; kundennummer; kundennr
    """,
}
_WORDS = {
    Field.EMAIL: {"email", "mail", "courriel", "correo"},
    Field.PHONE: {"phone", "telephone", "mobile", "cell", "telefon", "handy", "tel", "telefono"},
    Field.FIRST_NAME: {"first", "vorname", "prenom", "forename", "given"},
    Field.LAST_NAME: {"last", "surname", "nachname", "apellido", "apellidos", "cognome", "family"},
    Field.POSTAL_CODE: {"zip", "postcode", "postal", "plz", "postleitzahl"},
    Field.CITY: {"city", "town", "stadt", "ville", "ciudad"},
    Field.COUNTRY: {"country", "land", "pays", "pais"},
    Field.REGION: {"state", "province", "bundesland", "region"},
    Field.ALLERGIES: {"allergy", "allergies", "allergien"},
    Field.STAGE: {"club", "tier", "stage", "membership"},
}
"""One word of a longer heading that says enough to guess."""
_SPEAKS_OF_SOMETHING_ELSE = {
    "consent",
    "status",
    "date",
    "count",
    "id",
    "opt",
    "verified",
    "type",
    "marketing",
    "since",
}
_ALIAS, _WORD = 1.0, 0.6
_PARTING = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe"})


def fold_heading(text: str) -> str:
    """A heading as it is compared: lower case without accents, words between single blanks."""
    spaced = text.casefold().translate(_LETTERS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(c))
    return " ".join(_PARTING.sub(" ", plain).split()).replace("e mail", "email")


_ALIASES = {fold_heading(name): field for field, names in _NAMES.items() for name in names.split(";")}


@dataclass(frozen=True)
class Guess:
    """What a column probably is; `confidence` is from 0 to 1."""

    field: Field
    confidence: float


def guess_field(heading: str) -> Guess:
    """What a column of that heading probably is: `IGNORED` with confidence 0 where nothing is recognised."""
    if is_hub_column(heading):
        return Guess(Field.IGNORED, _ALIAS)
    folded = fold_heading(_CAMEL.sub(" ", heading))
    if field := _ALIASES.get(folded) or _ALIASES.get(fold_heading(heading)):
        return Guess(field, _ALIAS)
    words = set(folded.split())
    found = [field for field, telling in _WORDS.items() if words & telling]
    if len(found) == 1 and not words & _SPEAKS_OF_SOMETHING_ELSE:
        return Guess(found[0], _WORD)
    return Guess(Field.IGNORED, 0.0)


def is_hub_column(heading: str) -> bool:
    """Whether the hub itself added the column, to a file of rows that failed."""
    return heading.strip().casefold() in HUB_COLUMNS
