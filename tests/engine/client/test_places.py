"""Which server, and with which token."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mtkd_engine.client import RefusedError
from mtkd_engine.client.places import Place, keep, place_of


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "settings")}


def test_a_login_is_kept_where_only_its_user_may_read_it(home: dict[str, str]) -> None:
    file = keep(home, url="https://mtkd.test", token="mtkd_a")
    assert file == Path(home["XDG_CONFIG_HOME"]) / "mtkd" / "client.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert place_of(home) == Place(url="https://mtkd.test", token="mtkd_a")
    keep(home, url="https://mtkd.test", token="mtkd_b")
    assert place_of(home).token == "mtkd_b"
    assert [path.name for path in file.parent.iterdir()] == ["client.json"]


def test_the_environment_goes_before_the_login(home: dict[str, str]) -> None:
    keep(home, url="https://mtkd.test", token="mtkd_a")
    told = {**home, "MTKD_URL": "https://other.test/", "MTKD_TOKEN": " mtkd_b\n", "MTKD_PROJECT": "team"}
    assert place_of(told) == Place(url="https://other.test", token="mtkd_b", project="team")


def test_a_stored_token_is_never_sent_to_another_server(home: dict[str, str]) -> None:
    keep(home, url="https://mtkd.test", token="mtkd_a")
    for place in ({**home, "MTKD_URL": "https://other.test"}, {**home, "MTKD_URL": "http://mtkd.test"}):
        with pytest.raises(RefusedError, match="No token for"):
            place_of(place)
    with pytest.raises(RefusedError, match="No token for"):
        place_of(home, url="https://evil.test")


def test_without_a_server_the_way_to_one_is_told(home: dict[str, str]) -> None:
    with pytest.raises(RefusedError, match="mtkd login URL"):
        place_of(home)


def test_a_spoilt_file_is_told(home: dict[str, str]) -> None:
    keep(home, url="https://mtkd.test", token="mtkd_a").write_text("{")
    with pytest.raises(RefusedError, match=r"client\.json cannot be read"):
        place_of(home)
