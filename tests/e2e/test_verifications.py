"""Proof of identity by one-time code over the running hub, with the messages that it really sent."""

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.local.emulator import REGION
from infra.local.hub import Hub
from tests.e2e.test_deployed_settings import physical_ids
from tests.support.api import Api, Person


def code_sent_to(api: Api, to: str) -> str:
    return str(api.outbox(to)[0]["text"][:6])


def test_a_user_proves_a_phone_and_is_linked_with_its_account(winery: Api) -> None:
    person = Person()
    account = winery.manage(phone=person.phone, firstName="John", source="chatbot").customer
    user = winery.as_user(person.auth_user_id)
    refused = user.manage(phone=person.phone)
    assert refused.status == 409
    assert "Verify phone" in refused.body["conflicts"]["suggestedActions"]
    sent = user.send_code(phone=person.phone)
    assert (sent.status, sent.body["channel"], sent.body["sentTo"]) == (202, "sms", f"***{person.phone[-2:]}")
    answered = user.answer_code(sent.body["verificationId"], code_sent_to(winery, person.phone))
    assert answered.body["verified"] is True
    assert answered.id == account["id"]
    assert user.manage(phone=person.phone).id == account["id"]


def test_a_backend_verifies_an_address_that_nobody_has(winery: Api) -> None:
    person = Person()
    sent = winery.send_code(email=person.email.upper())
    [message] = [m for m in winery.outbox() if m["to"].lower() == person.email]
    assert (message["channel"], message["subject"]) == ("email", "Your code for Demo Winery")
    answered = winery.answer_code(sent.body["verificationId"], message["text"][:6])
    assert answered.customer["isNewAccount"]
    assert answered.customer["email"].lower() == person.email


def test_a_proof_counts_for_the_calls_of_an_hour(winery: Api) -> None:
    """Two accounts of one person: the answer asks what to do, and the call that merges is believed."""
    person = Person()
    winery.manage(phone=person.phone)
    user = winery.as_user(person.auth_user_id, email=person.email, emailVerified=True)
    user.manage()
    sent = user.send_code(phone=person.phone)
    answered = user.answer_code(sent.body["verificationId"], code_sent_to(winery, person.phone))
    assert answered.status == 200
    assert answered.body["conflicts"]["kind"] == "several_accounts"
    merged = user.manage(phone=person.phone, mergeIfFound=True).customer
    assert (merged["phone"], merged["email"]) == (person.phone, person.email)


def test_a_wrong_code_and_anothers_verification_open_nothing(winery: Api) -> None:
    person = Person()
    user = winery.as_user(person.auth_user_id)
    sent = user.send_code(phone=person.phone).body["verificationId"]
    code = code_sent_to(winery, person.phone)
    wrong = user.answer_code(sent, f"{(int(code) + 1) % 10**6:06}")
    assert (wrong.status, wrong.body["field"], wrong.body["code"]) == (422, "code", "wrong_code")
    assert winery.answer_code(sent, code).status == 404
    assert winery.as_user("somebody-else").answer_code(sent, code).status == 404
    assert user.answer_code(sent, code).status == 200


def test_a_recipient_is_written_to_five_times_an_hour(winery: Api) -> None:
    """The sixth refusal may fall into the next hour, but then five more did not."""
    person = Person()
    replies = [winery.send_code(email=person.email) for _ in range(11)]
    refused = [reply for reply in replies if reply.status == 429]
    assert refused
    assert {reply.status for reply in replies} == {202, 429}
    assert 0 < int(refused[0].headers["Retry-After"]) <= 86_400
    assert len(winery.outbox(person.email)) == 11 - len(refused) <= 10


def test_the_function_publishes_to_no_topic(stack: Hub) -> None:
    """Its right to send text messages is none to raise alarms or alerts."""
    [name] = [name for name in physical_ids(stack, "AWS::Lambda::Function") if "Verifications" in name]
    topics = physical_ids(stack, "AWS::SNS::Topic")
    assert topics
    role = stack.emulator.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    session = stack.emulator.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    sns = boto3.client(
        "sns",
        endpoint_url=stack.emulator.endpoint,
        region_name=REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    for topic in topics:
        with pytest.raises(ClientError, match="not authorized"):
            sns.publish(TopicArn=topic, Message="x")
    assert sns.publish(PhoneNumber=Person().phone, Message="x")["MessageId"]
