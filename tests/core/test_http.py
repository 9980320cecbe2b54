"""Whose address a browser's is, behind proxies."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request

from core.http import client_address

PROXIES = tuple(ip_network(one) for one in ("10.0.0.0/8", "::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "is_client"),
    [
        ("10.1.2.3", "198.51.100.4", "198.51.100.4"),
        ("::ffff:10.1.2.3", "198.51.100.4", "198.51.100.4"),
        ("::1", "198.51.100.4, 10.9.9.9", "198.51.100.4"),
        ("10.1.2.3", "198.51.100.4, 203.0.113.5", "203.0.113.5"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "unknown", "unknown"),
        ("192.0.2.1", "198.51.100.4", "192.0.2.1"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        ("10.1.2.3", "2001:db8:1:2:ffff::9", "2001:db8:1:2::"),
    ],
)
def test_a_forwarded_address_counts_from_a_trusted_network_only(
    peer: str, forwarded: str, is_client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": forwarded} if forwarded else {})
    assert client_address(request.clone(remote=peer), PROXIES) == is_client
