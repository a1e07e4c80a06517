"""Ids that sort by time."""

from concurrent.futures import ThreadPoolExecutor

from customerhub.domain.ids import ULID_PATTERN, new_event_id


def test_ids_of_one_process_sort_as_they_were_made() -> None:
    made = [new_event_id() for _ in range(5000)]
    assert made == sorted(made)
    assert all(ULID_PATTERN.fullmatch(one) for one in made)


def test_no_two_threads_get_one_id() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = [one for ids in threads.map(lambda _: [new_event_id() for _ in range(2000)], range(8)) for one in ids]
    assert len(set(made)) == len(made)
