"""Notices reach a receiver of Alertmanager's webhooks, and one that is away holds up nobody."""

from time import monotonic

import pytest

from fakes import eventually
from onset.monitoring.alerts import alert_webhook
from onset.monitoring.alerts.alert_engine import AlertNotice
from onset.monitoring.alerts.alert_rules import alert_rules
from onset.monitoring.alerts.alert_webhook import NEVER, QUEUED, AlertWebhook, webhook_body
from webhook_receiver import receiver

RULE = alert_rules()[0]
FIRING = AlertNotice(1_800_000_000.5, RULE, "firing", 1_800_000_000.0, "13 of the last 20")
RESOLVED = AlertNotice(1_800_000_900.0, RULE, "resolved", 1_800_000_000.0, "0 of the last 20")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_webhook, "RETRY_SECONDS", 0.01)


def test_notices_arrive_in_alertmanagers_shape() -> None:
    with receiver() as (url, received):
        hook = AlertWebhook(url)
        hook.start()
        hook.send(FIRING)
        hook.send(RESOLVED)
        eventually(lambda: len(received) == 2)
        hook.close()
    assert hook.failed == 0 and received[0] == webhook_body(FIRING)
    assert (received[0]["version"], received[0]["status"]) == ("4", "firing")
    (alert,) = received[0]["alerts"]
    assert (alert["startsAt"], alert["endsAt"]) == ("2027-01-15T08:00:00Z", NEVER)
    assert alert["labels"]["alertname"] == RULE.name and alert["annotations"]["description"]
    (ended,) = received[1]["alerts"]
    assert (ended["status"], ended["endsAt"]) == ("resolved", "2027-01-15T08:15:00Z")


def test_a_receiver_that_fails_is_asked_again() -> None:
    with receiver(500, 503) as (url, received):
        hook = AlertWebhook(url)
        hook.start()
        hook.send(FIRING)
        eventually(lambda: len(received) == 3)
        hook.close()
    assert hook.failed == 0


@pytest.mark.parametrize("status", [302, 307, 500])
def test_three_tries_and_no_redirect(status: int, caplog: pytest.LogCaptureFixture) -> None:
    with receiver(*[status] * 9) as (url, received):
        hook = AlertWebhook(url)
        hook.start()
        hook.send(FIRING)
        eventually(lambda: hook.failed == 1)
        hook.close()
    assert len(received) == alert_webhook.TRIES and "/hook" not in caplog.text


def test_one_that_is_away_holds_up_nobody() -> None:
    hook = AlertWebhook("http://127.0.0.1:9/nobody")
    begin = monotonic()
    for _ in range(QUEUED + 5):
        hook.send(FIRING)
    assert monotonic() - begin < 0.5 and hook.failed == 5
    hook.start()
    hook.close()
    assert hook.failed == QUEUED + 5
