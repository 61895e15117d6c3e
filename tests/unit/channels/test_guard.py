"""Which addresses webhooks may reach."""

from __future__ import annotations

import socket

import pytest

from parcours.channels.guard import AddressRefused, Guard, read_networks

PUBLIC = ["8.8.8.8", "1.1.1.1", "193.10.5.5", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]
INTERNAL = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1",
    # IPv4 inside IPv6: mapped, compatible, translated, tunnelled.
    "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "64:ff9b:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert Guard().allows(address)


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses_are_not(address: str) -> None:
    assert not Guard().allows(address)


@pytest.mark.parametrize("text", ["localhost", "", "2130706433", "127.1", "::1::1"])
def test_what_is_no_address_is_not_allowed(text: str) -> None:
    assert not Guard(read_networks("true")).allows(text)


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        ("", [], ["127.0.0.1", "::1"]),
        ("false", [], ["10.0.0.1"]),
        ("true", ["127.0.0.1", "10.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1"], []),
        ("10.0.0.0/8, 127.0.0.1", ["10.255.0.1", "127.0.0.1"], ["127.0.0.2", "192.168.0.1"]),
        ("fd00::/8", ["fd00::1"], ["fc00::1", "10.0.0.1"]),
        ("10.0.0.5/8", ["10.9.9.9"], []),
    ],
)
def test_networks_may_be_allowed(text: str, allowed: list[str], refused: list[str]) -> None:
    guard = Guard(read_networks(text))
    assert [one for one in allowed if not guard.allows(one)] == []
    assert [one for one in refused if guard.allows(one)] == []


def test_an_address_inside_another_is_judged_too() -> None:
    assert Guard().allows("::ffff:8.8.8.8")
    assert Guard().allows("64:ff9b::808:808")
    assert Guard(read_networks("10.0.0.0/8")).allows("::ffff:10.0.0.1")
    assert not Guard(read_networks("64:ff9b::/96")).allows("64:ff9b::7f00:1")


@pytest.mark.parametrize("text", ["nonsense", "10.0.0.0/40", "10.0.0.1,,", "example.com"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="network"):
        read_networks(text)


def test_a_socket_is_made_for_allowed_addresses_only() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
    Guard(read_networks("127.0.0.1")).socket_for((*info, ("127.0.0.1", 80))).close()
    with pytest.raises(AddressRefused):
        Guard().socket_for((*info, ("127.0.0.1", 80)))
