"""The stop button."""

from threading import Thread

from onset.types import Halt


def test_listeners_are_called_once() -> None:
    halt, calls = Halt(), list[int]()
    halt.attach(lambda: calls.append(1))
    halt.set()
    halt.set()
    assert halt.is_set and calls == [1]


def test_a_late_listener_is_called_at_once() -> None:
    halt, calls = Halt(), list[int]()
    halt.set()
    halt.attach(lambda: calls.append(1))
    assert calls == [1]


def test_a_detached_listener_is_not_called() -> None:
    halt, calls = Halt(), list[int]()

    def listener() -> None:
        calls.append(1)

    halt.attach(listener)
    halt.detach(listener)
    halt.detach(listener)
    halt.set()
    assert not calls


def test_it_may_be_pressed_from_another_thread() -> None:
    halt, calls = Halt(), list[int]()
    halt.attach(lambda: calls.append(1))
    thread = Thread(target=halt.set)
    thread.start()
    thread.join()
    assert calls == [1]
