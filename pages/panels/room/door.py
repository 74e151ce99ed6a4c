"""How telephones come in: the address, the link, and its QR code."""

from __future__ import annotations

from urllib.parse import urlsplit

import segno
import streamlit as st

from pages.shared.base_path import below
from recsys_core.rooms.addresses import addresses, is_own_alone
from recsys_core.text import Text

# Which address telephones are to use; the tab's choice.
_KEY = "room_address"


def address() -> str:
    """Where telephones find this server, as the teacher chose: “http://192.168.1.5:8501”."""
    found = _addresses()
    chosen = st.session_state.get("room_address_chosen")
    return chosen if chosen in found else found[0]


def link(code: str) -> str:
    """What telephones open."""
    return address() + below(f"/r/{code}")


def teachers_link(code: str, token: str) -> str:
    """What makes another browser the teacher's; the token is in no log: it is behind the “#”."""
    return f"{link(code)}/teacher#{token}"


def qr(text: str) -> str:
    """A QR code as the address of a picture, dark on white in both themes."""
    code = segno.make(text, error="m", micro=False)
    return code.svg_data_uri(border=2, light="#fff", dark="#000", omitsize=True)


def _here() -> tuple[str, str, int | None]:
    """Scheme, host and port of this page, as the browser has them."""
    found = urlsplit(st.context.url or "")
    port = found.port if found.hostname else int(st.get_option("server.port"))
    return found.scheme or "http", found.hostname or "localhost", port


def _addresses() -> list[str]:
    """Where telephones may find this server, the likeliest first; at least one."""
    scheme, host, port = _here()
    own = is_own_alone(host)
    # A page that was opened by a name others know is served under it to them, too.
    names = [] if own else [host]
    names += addresses() if own or not _is_name(host) else []
    end = "" if port is None else f":{port}"
    return [f"{scheme}://{name}{end}" for name in dict.fromkeys(names or [host])]


def _is_name(host: str) -> bool:
    return not host.replace(".", "").isdecimal()


def choose() -> None:
    """Choose the address; and what keeps telephones from it."""
    found = _addresses()
    with st.container(horizontal=True, vertical_alignment="bottom", key="room_door"):
        st.selectbox(
            Text("Address on the board"),
            found,
            index=found.index(address()),
            key=_KEY,
            on_change=_chosen,
            width=320,
            help=Text(
                "Addresses of this machine. Choose the one in the network that the telephones are "
                "in: try it with your own."
            ),
        )
        st.caption(_warning(found))


def _chosen() -> None:
    st.session_state.room_address_chosen = st.session_state[_KEY]


def _warning(found: list[str]) -> str:
    listens = str(st.get_option("server.address") or "0.0.0.0")
    only_here = listens not in ("0.0.0.0", "::") and is_own_alone(listens)
    if only_here or is_own_alone(urlsplit(found[0]).hostname or ""):
        return Text(
            "Telephones cannot come in yet: this server is seen on this machine alone. Connect it "
            "to a network, and start it without “--server.address localhost”."
        )
    return Text(
        "Telephones have to be in the same network as this machine. Many guest networks keep "
        "devices apart: if the page does not open on a telephone, use another network, or a "
        "telephone's own hotspot."
    )
