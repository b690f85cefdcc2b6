"""What must hold on the whole product: a copy is not a repeat, a repeat is not a copy, and each thing has one owner."""

from __future__ import annotations

import time

import pytest

from tests.faults.beside import another, facts
from tests.faults.conftest import wait_until

BODIES = """select m.body, m.seq from conversations_message m
            join conversations_conversation c on c.id = m.conversation_id
            join contacts_address a on a.id = c.address_id
            where a.value = %s and m.kind = 'incoming' order by m.seq"""


@pytest.mark.timeout(240)
def test_the_line_holds(palabre, line, rows, tmp_path):
    # The same PDU eight times on one sequence number: one message, acknowledged eight times.
    line.behave("savane", copies_same=7)
    line.text("+2290197550001", "une seule fois", to="3334")
    wait_until(lambda: rows(BODIES, "+2290197550001") != [], "the text is stored")
    wait_until(lambda: line.acknowledged()["une seule fois"] == 8, "each copy is acknowledged")
    assert rows(BODIES, "+2290197550001") == [("une seule fois", 1)]
    line.behave("savane", reset=True)

    # An answer that the operator never got: he offers the text again, on a new session; still one message.
    line.behave("savane", lose_answers=1)
    line.text("+2290197550002", "réponse perdue", to="3334")
    wait_until(lambda: line.acknowledged()["réponse perdue"] == 1, "offered again and acknowledged", 20)
    assert rows(BODIES, "+2290197550002") == [("réponse perdue", 1)]
    line.behave("savane", reset=True)

    # The same "1" truly sent twice: two messages.
    line.text("+2290197550003", "1", to="3334")
    wait_until(lambda: len(rows(BODIES, "+2290197550003")) == 1, "the first 1")
    line.text("+2290197550003", "1", to="3334")
    wait_until(lambda: rows(BODIES, "+2290197550003") == [("1", 1), ("1", 2)], "the second 1")

    # A "1" whose answer nobody has proved when the gateway dies, another text, and a "1" again: three messages.
    line.text("+2290197550006", "1", to="3334")
    wait_until(lambda: line.acknowledged()["1"] == 3, "the third 1 is acknowledged")
    killed = palabre.kill("gateway")
    line.text("+2290197550006", "2", to="3334")
    line.text("+2290197550006", "1", to="3334")
    wait_until(lambda: not killed.alive() and line.acknowledged()["1"] == 4, "the fourth 1 is acknowledged", 20)
    assert [body for body, _ in rows(BODIES, "+2290197550006")] == ["1", "2", "1"]

    # Twenty first texts at once from a new number.
    for account in ("savane", "lagune"):
        line.behave(account, window=20, per_subscriber=20)
    line.text("+2290197550004", "texte {n}", to="3334", count=20)
    wait_until(lambda: len(rows(BODIES, "+2290197550004")) == 20, "all twenty")
    found = rows(BODIES, "+2290197550004")
    assert sorted(body for body, _ in found) == sorted(f"texte {n}" for n in range(1, 21))
    assert [seq for _, seq in found] == list(range(1, 21))
    assert rows(
        """select count(distinct c.id), count(distinct c.contact_id) from conversations_conversation c
           join contacts_address a on a.id = c.address_id where a.value = %s""",
        "+2290197550004",
    ) == [(1, 1)]

    # A second gateway and a second dispatcher, started by hand: they stand by.
    second = tmp_path / "second"
    before = line.last()
    with another(palabre, "gateway", second), another(palabre, "dispatcher", second):
        wait_until(lambda: bool(facts(second, "dispatcher")), "the second dispatcher is there", 20)
        time.sleep(6)
        assert facts(second, "dispatcher")["leading"] == [], "one leader"
        assert not facts(second, "gateway").get("bound"), "one owner of each link"
        binds = [row for row in line.ledger(before) if row.get("command") == "bind_transceiver"]
        assert binds == [], "nobody bound again"
        line.text("+2290197550005", "à deux, une fois", to="3334")
        wait_until(lambda: rows(BODIES, "+2290197550005") == [("à deux, une fois", 1)], "stored once")
    assert rows("select name from jobs_lease group by name having count(*) > 1") == []
    state = {row[0]: row[1] for row in rows("select name, owner from jobs_lease")}
    [(links,)] = rows("select count(*) from conversations_link")
    assert len([name for name in state if name.startswith("link:")]) == links
