"""Which network addresses may be connected to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.addresses import AllowList, canonical_host, is_public

REFUSED = (
    # this host, and "any"
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "::1",
    # private networks
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "fc00::1",
    "fd12:3456:789a::1",
    # link-local, and the metadata services of clouds
    "169.254.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2a00:1450::1%eth0",
    # shared, reserved, for documentation and measurements
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "240.0.0.1",
    "255.255.255.255",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
    "4000::1",
    # multicast
    "224.0.0.1",
    "239.255.255.250",
    "ff02::1",
    "ff0e::1",
    # site-local
    "fec0::1",
    # IPv4 inside IPv6: mapped, compatible, translated
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:0:127.0.0.1",
    # NAT64, 6to4, Teredo (server, then client)
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.1.2.3",
    "64:ff9b::169.254.169.254",
    "64:ff9b::224.0.0.1",
    "64:ff9b:1::127.0.0.1",
    "64:ff9b:1:7f00:0:100::",
    "64:ff9b:1::8.8.8.8",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2001:0:7f00:1::",
    "2001:0:808:808::80ff:fffe",
    "2001:20::1",
    # not addresses at all
    "",
    "localhost",
    "2130706433",
    "0x7f000001",
    "127.1",
    "0177.0.0.1",
    "8.8.8.8:80",
    "[2606:4700::1]",
    "8.8.8.8/32",
    " 8.8.8.8",
)

PUBLIC = (
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "223.255.255.254",
    "2606:4700::6810:84e5",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
)


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_a_public_address_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_whatever_the_standard_library_calls_private_is_refused(
    address: IPv4Address | IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast:
        assert not is_public(str(address))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_disguise(address: IPv4Address) -> None:
    number = int(address)
    nat64 = IPv6Address((0x64FF9B << 96) | number)
    six_to_four = IPv6Address((0x2002 << 112) | (number << 80) | 1)
    mapped = IPv6Address((0xFFFF << 32) | number)
    plain = is_public(str(address))
    assert [is_public(str(form)) for form in (nat64, six_to_four, mapped)] == [plain] * 3


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert is_public(text) in (True, False)
    assert AllowList().permits(text, text, 80) is False
    try:
        host = canonical_host(text)
    except ValueError:
        return
    assert canonical_host(host) == host
    assert host.isascii()


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Example.ORG", "example.org"),
        ("example.org.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0X7F.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("①②⑦.0.0.1", "127.0.0.1"),
        ("１２７.0.0.1", "127.0.0.1"),
        ("[::FFFF:127.0.0.1]", str(ip_address("::ffff:127.0.0.1"))),
        ("[2001:DB8:0:0::1]", "2001:db8::1"),
    ],
)
def test_a_host_has_one_form(written: str, canonical: str) -> None:
    assert canonical_host(written) == canonical


@pytest.mark.parametrize(
    "written",
    [
        "",
        ".",
        "a..b",
        "a b",
        "a/b",
        "a@b",
        "a\\b",
        "%31.org",
        "-a",
        "a" * 64,
        "a." * 200,
        "é" * 300,
        "256.1.1.1",
        "1.2.3.4.5",
        "x.1",
        "1 2.3",
        "[::1",
        "[::1%eth0]",
        "[1.2.3.4]x",
        "[v1.x]",
    ],
)
def test_what_is_no_host_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_host(written)


def permits(entry: str, host: str, address: str, port: int) -> bool:
    return AllowList.parse([entry]).permits(host, address, port)


def test_a_listed_name_opens_every_address_it_leads_to() -> None:
    assert permits("Intranet.Example", "intranet.example", "10.0.0.9", 80)
    assert permits("intranet.example", "INTRANET.example.", "fd00::9", 8080)
    assert not permits("intranet.example", "other.example", "10.0.0.9", 80)
    assert not permits("intranet.example", "sub.intranet.example", "10.0.0.9", 80)


def test_a_listed_address_is_open_under_every_name() -> None:
    assert permits("10.0.0.9", "any.example", "10.0.0.9", 80)
    assert permits("10.0.0.9", "any.example", "::ffff:10.0.0.9", 80)
    assert permits("::1", "localhost", "::1", 80)
    assert permits("[::1]", "::1", "::1", 80)
    assert not permits("10.0.0.9", "any.example", "10.0.0.10", 80)
    assert not permits("127.0.0.1", "localhost", "::1", 80)
    assert not permits("127.0.0.1", "any.example", "64:ff9b::127.0.0.1", 80)
    assert not permits("fe80::/10", "any.example", "fe80::1%eth0", 80)


def test_a_listed_network_opens_its_addresses() -> None:
    assert permits("10.0.0.0/8", "any.example", "10.200.0.1", 80)
    assert permits("fd00::/8", "any.example", "fd00::1", 80)
    assert not permits("10.0.0.0/8", "any.example", "11.0.0.1", 80)


@pytest.mark.parametrize(
    ("entry", "host", "address"),
    [
        ("intranet.example:8080", "intranet.example", "10.0.0.9"),
        ("10.0.0.9:8080", "any.example", "10.0.0.9"),
        ("[::1]:8080", "any.example", "::1"),
        ("10.0.0.0/8:8080", "any.example", "10.0.0.9"),
    ],
)
def test_an_entry_with_a_port_opens_this_port_only(entry: str, host: str, address: str) -> None:
    assert permits(entry, host, address, 8080)
    assert not permits(entry, host, address, 80)
    assert not permits(entry, host, address, 8081)


def test_an_empty_list_opens_nothing() -> None:
    assert not AllowList().permits("localhost", "127.0.0.1", 80)
    assert AllowList.parse([]) == AllowList()


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        "http://intranet.example/",
        "intranet.example/x",
        "*.example",
        "user@host",
        "a b",
        "host:",
        "host:0",
        "host:65536",
        "host:-1",
        "host:http",
        "host:８０",
        "host:" + "9" * 5000,
        "10.0.0.1/8",
        "10.0.0.0/33",
        "256.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "[::1",
        "[::1]8080",
        "[host]:80",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "::1::2",
    ],
)
def test_a_wrong_entry_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be allowed: .") as caught:
        AllowList.parse(["good.example", entry])
    assert str(caught.value).startswith(repr(entry))
