"""What other tools reach on the same tables: constants, measured once on two shared cores.

Tools: GaussSuppression 1.2.3 (github.com/statisticsnorway/ssb-gausssuppression), plain and with
intervals (``lpPackage="highs"``); gconfid 2.0.4 (pypi.org/project/gconfid), cost ``SIZE``, then
with a second phase ``INFORMATION``; sdcTable 0.34.0 (github.com/sdcTools/sdcTable). What the
clocks cover differs, so times that differ by less than three times are ties.
"""

from dataclasses import dataclass

PLAIN, INTERVAL = "GaussSuppression, exact disclosure only", "GaussSuppression, intervals"
ONE, TWO = "gconfid, one phase", "gconfid, two phases"


@dataclass(frozen=True)
class Peer:
    """A tool on a table.

    Args:
        table: which.
        tool: which.
        seconds: how long it took; null when not known.
        number: secondary cells.
        value: their summed value.
        under: primary cells with too narrow an interval; null when the audit did not decide.
    """

    table: str
    tool: str
    seconds: float | None
    number: int
    value: float
    under: int | None


PEERS = (
    Peer("targus", PLAIN, 0.04, 10, 1.11e6, 3),
    Peer("table7", PLAIN, 0.2, 20, 7.29e5, 13),
    Peer("hie1372d", PLAIN, 0.2, 151, 6.98e5, 12),
    Peer("m2_1k", PLAIN, 0.2, 66, 3.01e5, 29),
    Peer("m3_1k", PLAIN, 0.2, 142, 9.70e5, 30),
    Peer("table1", PLAIN, 0.7, 50, 8.38e7, 12),
    Peer("hier133a", PLAIN, 2.2, 1_219, 1.01e7, 79),
    Peer("m2_10k", PLAIN, 13.0, 253, 7.83e5, 159),
    Peer("m3_10k", PLAIN, 27.0, 960, 4.92e6, 444),
    Peer("f_10k", PLAIN, 83.0, 2_572, 4.96e4, None),
    Peer("targus", INTERVAL, 0.3, 12, 1.62e6, 0),
    Peer("table7", INTERVAL, 13.0, 61, 1.84e6, 2),
    Peer("hie1372d", INTERVAL, 10.6, 154, 7.05e5, 0),
    Peer("table1", INTERVAL, 6.8, 63, 1.35e8, 0),
    Peer("m2_1k", INTERVAL, 47.0, 171, 1.09e6, 0),
    Peer("m3_1k", INTERVAL, 27.0, 226, 1.58e6, 0),
    Peer("targus", ONE, 0.0, 9, 1.02e6, 0),
    Peer("table7", ONE, 0.4, 58, 1.57e6, 9),
    Peer("hie1372d", ONE, 0.7, 149, 8.06e5, 0),
    Peer("table1", ONE, 2.3, 67, 1.32e8, 0),
    Peer("m2_1k", ONE, 1.3, 246, 1.72e6, 0),
    Peer("m3_1k", ONE, 1.4, 268, 2.35e6, 0),
    Peer("hier133a", ONE, 2.9, 1_078, 1.09e7, 0),
    Peer("m2_10k", ONE, 43.0, 1_068, 5.03e6, 0),
    Peer("table7", TWO, 0.2, 41, 1.48e6, 9),
    Peer("hie1372d", TWO, 0.9, 131, 7.43e5, 0),
    Peer("table1", TWO, 3.0, 60, 1.31e8, 0),
    Peer("m2_1k", TWO, 2.8, 194, 1.62e6, 0),
    Peer("m3_1k", TWO, 1.4, 247, 2.29e6, 0),
)
"""GaussSuppression with intervals did not finish HIER133A in 100 s and m2_10k in 150 s, gconfid did
not finish m3_10k in 100 s, plain GaussSuppression did not finish m2_100k in 300 s."""


def best(table: str) -> Peer | None:
    """The peer with the least value among those that meet every requirement, null for none."""
    able = [peer for peer in PEERS if peer.table == table and peer.under == 0]
    return min(able, key=lambda peer: peer.value, default=None)
