"""Addresses of webhooks that would lead into our own network, however they are spelled or resolved."""

from __future__ import annotations

import pytest

from jobs.outgoing.addresses import Goal, RefusedAddress, reach, read_address
from jobs.outgoing.networks import read_networks

LITERALS = [  # refused without asking anybody
    "https://127.0.0.1/",
    "https://127.0.0.1:8000/",
    "https://127.255.255.254/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://0177.0.0.01/",
    "https://017700000001/",
    "https://127.0.0.0x1/",
    "https://127.0.0.01/",
    "https://127.0.0.1./",
    "https://127.0.0.1../",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.8/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://425.510.425.510/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://192.168.1.1/",
    "https://198.18.0.1/",
    "https://198.51.100.7/",
    "https://203.0.113.7/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[100::1]/",
    "https://[2001::1]/",
    "https://[2001:db8::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[v1.fe80]/",
    "https://[127.0.0.1]/",
    "https://[::1",
    "https://[::1]@example.com/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1@example.com/",
    "https://user:secret@example.com/",
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1\\.example.com/",
    "https://example.com:80@127.0.0.1:443/",
    "https://@127.0.0.1/",
    "https://example.com#@127.0.0.1/",
    "https://127.0.0.1%2f@example.com/",
    "https://127.0.0.1%00.example.com/",
    "https://%31%32%37.0.0.1/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://１２７.0.0.1/",
    "https://ⓛocalhost/",
    "https://bücher.example/",
    "https://example.com./",
    "https://exa mple.com/",
    "https://example.com\r\nHost: 127.0.0.1/",
    "https://exam\tple.com/",
    " https://example.com/",
    "https://example.com/\x00",
    "https:///path",
    "https://",
    "https:/127.0.0.1/",
    "https:127.0.0.1",
    "//example.com/",
    "example.com",
    "",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:/",
    "https://example.com:-1/",
    "https://-example.com/",
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 130 + "com/",
    "https://example.com/" + "a" * 2000,
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "data:text/plain,x",
]
HOSTS = {  # what a resolver says of a harmless name
    "loopback": ["127.0.0.1"],
    "loopback in IPv6": ["::1"],
    "mapped": ["::ffff:10.0.0.1"],
    "metadata of a cloud": ["169.254.169.254"],
    "one public, one not": ["93.184.215.14", "10.0.0.1"],
    "one public, one not, in IPv6": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "fd00::1"],
    "a service address": ["100.64.0.9"],
    "nobody": ["0.0.0.0"],
    "none at all": [],
}


def reached(url: str, *, found: list[str] | None = None, allowed: str = "") -> list[str]:
    """Reads and judges an address with a resolver that says `found`; without it nobody may be asked."""

    def look_up(host: str) -> list[str]:
        assert found is not None, f"{host} was looked up"
        return found

    return [str(one) for one in reach(read_address(url), allowed=read_networks(allowed), look_up=look_up)]


def test_the_list_is_long_enough() -> None:
    assert len(set(LITERALS)) == len(LITERALS) > 40


@pytest.mark.parametrize("url", LITERALS)
def test_a_spelling_that_leads_inside_or_is_odd_is_refused_before_anybody_is_asked(url: str) -> None:
    with pytest.raises(RefusedAddress):
        reached(url)


@pytest.mark.parametrize("found", HOSTS.values(), ids=HOSTS.keys())
def test_a_name_is_refused_for_what_it_resolves_to(found: list[str]) -> None:
    with pytest.raises(RefusedAddress):
        reached("https://hook.example.com/", found=found)


@pytest.mark.parametrize(
    "name", ["localhost", "intranet", "127.0.0.1.nip.io", "db", "metadata.google.internal"]
)
def test_a_name_of_the_inside_is_refused_for_what_it_resolves_to(name: str) -> None:
    with pytest.raises(RefusedAddress, match="not in the public internet"):
        reached(f"https://{name}/", found=["10.1.2.3"])


@pytest.mark.parametrize("allowed", ["1", "224.0.0.0/4,0.0.0.0/8,ff00::/8"])
@pytest.mark.parametrize(
    "host", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "[::]", "[ff02::1]", "[::ffff:0.0.0.0]"]
)
def test_nobody_and_everybody_are_no_hosts_whatever_the_operator_allows(host: str, allowed: str) -> None:
    with pytest.raises(RefusedAddress):
        reached(f"https://{host}/", allowed=allowed)


def test_a_public_host_is_reached_at_each_of_its_addresses() -> None:
    found = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
    assert reached("https://hook.example.com/x", found=found) == found
    assert reached("https://93.184.215.14:8443/x") == ["93.184.215.14"]
    assert reached("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/") == found[1:]


def test_plain_http_is_for_networks_that_the_operator_allows_only() -> None:
    with pytest.raises(RefusedAddress, match="https://"):
        reached("http://93.184.215.14/")
    with pytest.raises(RefusedAddress, match="https://"):
        reached("http://hook.example.com/", found=["10.0.0.1", "93.184.215.14"], allowed="10.0.0.0/8")
    assert reached("http://hook.example.com/", found=["10.0.0.1"], allowed="10.0.0.0/8") == ["10.0.0.1"]


def test_the_operator_allows_networks_one_by_one_or_all() -> None:
    assert reached("https://10.0.0.1/", allowed="10.0.0.0/8, fd00::/8") == ["10.0.0.1"]
    assert reached("https://[fd00::1]/", allowed="10.0.0.0/8, fd00::/8") == ["fd00::1"]
    assert reached("https://127.0.0.1/", allowed="1") == ["127.0.0.1"]
    with pytest.raises(RefusedAddress):
        reached("https://192.168.0.1/", allowed="10.0.0.0/8")
    with pytest.raises(RefusedAddress):
        reached("https://0x7f.1/", allowed="1")
    with pytest.raises(ValueError, match="accepted is 1 for all or networks"):
        read_networks("10.0.0.1/8")


def test_an_address_is_taken_apart_as_it_is_sent() -> None:
    goal = read_address("HTTPS://Hook.Example.com:8443/a/b?c=d%20e&f")
    assert goal == Goal(scheme="https", host="hook.example.com", port=8443, path="/a/b?c=d%20e&f")
    assert goal.authority == "hook.example.com:8443"
    assert read_address("https://hook.example.com").path == "/"
    assert read_address("https://[2606:2800::1]/").authority == "[2606:2800::1]"
