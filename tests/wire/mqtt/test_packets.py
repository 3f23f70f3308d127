"""MQTT packets: what goes in comes out, and what is wrong is refused as one error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_wire.mqtt import packets
from labkeeper_wire.mqtt.packets import Message, Will


def test_a_publish_survives_the_way_there_and_back() -> None:
    raw = packets.publish("lab/温度", b"21", qos=1, retain=True, packet_id=513)
    assert packets.Decoder().feed(raw) == [Message("lab/温度", b"21", 1, True, False, 513)]


@given(
    st.lists(st.tuples(st.text(max_size=40), st.binary(max_size=400), st.integers(0, 1)), max_size=8),
    st.integers(1, 7),
)
def test_a_stream_cut_anywhere_gives_the_same_packets(messages: list[tuple[str, bytes, int]], step: int) -> None:
    raw = b"".join(packets.publish(topic, payload, qos=qos, packet_id=7) for topic, payload, qos in messages)
    decoder = packets.Decoder()
    found = [packet for at in range(0, len(raw), step) for packet in decoder.feed(raw[at : at + step])]
    assert found == [Message(t, p, q, packet_id=7 if q else 0) for t, p, q in messages]


def test_a_connect_carries_will_and_credentials() -> None:
    raw = packets.connect(
        "node", clean=True, keepalive_s=15, will=Will("w", b"gone", 1, True), username="u", password="p"
    )
    assert raw == (b"\x10\x1f\x00\x04MQTT\x04\xee\x00\x0f\x00\x04node\x00\x01w\x00\x04gone\x00\x01u\x00\x01p")


def test_a_plain_connect_keeps_its_session() -> None:
    assert packets.connect("n", clean=False, keepalive_s=1) == b"\x10\x0d\x00\x04MQTT\x04\x00\x00\x01\x00\x01n"


def test_every_answer_is_understood() -> None:
    raw = b"\x20\x02\x01\x00" + packets.puback(300) + b"\x90\x04\x00\x02\x01\x80" + b"\xb0\x02\x00\x03" + b"\xd0\x00"
    assert packets.Decoder().feed(raw) == [
        packets.ConnAck(True, 0),
        packets.PubAck(300),
        packets.SubAck(2, b"\x01\x80"),
        packets.UnsubAck(3),
        packets.PingResp(),
    ]


def test_requests_have_the_standards_bytes() -> None:
    assert packets.subscribe(1, [("a/#", 1)]) == b"\x82\x08\x00\x01\x00\x03a/#\x01"
    assert packets.unsubscribe(2, ["a"]) == b"\xa2\x05\x00\x02\x00\x01a"


def test_a_long_body_has_a_long_length() -> None:
    raw = packets.publish("t", b"x" * 20_000)
    assert raw[1:4] == bytes([0x80 | 20_003 & 0x7F, 0x80 | 20_003 >> 7 & 0x7F, 20_003 >> 14])
    assert packets.Decoder().feed(raw) == [Message("t", b"x" * 20_000)]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x30\xff\xff\xff\xff\x01", "four bytes"),
        (b"\xf0\x00", "unexpected"),
        (b"\x20\x01\x00", "cut short"),
        (b"\x30\x01\x00", "cut short"),
        (b"\x32\x04\x00\x03ab", "cut short"),
        (b"\x34\x05\x00\x01a\x00\x01", "quality"),
        (b"\x30\x03\x00\x01\xff", "UTF-8"),
    ],
)
def test_what_the_standard_forbids_is_one_error(raw: bytes, why: str) -> None:
    with pytest.raises(packets.ProtocolViolation, match=why):
        packets.Decoder().feed(raw)


@given(st.binary(max_size=200))
def test_noise_gives_packets_or_one_error_and_nothing_else(noise: bytes) -> None:
    try:
        packets.Decoder(limit=100).feed(noise)
    except packets.ProtocolViolation:
        return


@given(st.integers(1, 50), st.integers(0, 1))
def test_a_publish_over_the_limit_is_skipped_and_the_next_one_read(step: int, qos: int) -> None:
    raw = packets.publish("big", b"x" * 300, qos=qos, packet_id=9) + packets.publish("small", b"y")
    decoder = packets.Decoder(limit=100)
    found = [packet for at in range(0, len(raw), step) for packet in decoder.feed(raw[at : at + step])]
    assert found == [packets.Oversized("big", qos, 9 if qos else 0, 305 + 2 * qos), Message("small", b"y")]


def test_only_a_publish_may_be_long() -> None:
    with pytest.raises(packets.ProtocolViolation, match="longer"):
        packets.Decoder(limit=10).feed(b"\x20\x7f")


def test_too_long_a_string_or_body_is_refused_before_it_leaves() -> None:
    with pytest.raises(ValueError, match="65535"):
        packets.publish("x" * 70_000, b"")
    with pytest.raises(ValueError, match="268,435,455"):
        packets.publish("t", bytes(268_435_456))
