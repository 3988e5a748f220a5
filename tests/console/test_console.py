"""The console in a real browser, on the running sandbox: what an operator does and sees there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.console.operator import PHONE, Operator, operator, refuse
from tests.triggers.live import Live, live

REPAIR_QUESTION = "May this VM be repaired?"
SWAP_QUESTION = "May the repaired disk be swapped in?"


@pytest.fixture
def ada(browser: Browser, app: Live) -> Iterator[Operator]:
    with operator(browser, app) as person:
        yield person


def repair(app: Live, repair_id: str) -> dict[str, object]:
    found: dict[str, object] = app.call("GET", f"/api/repairs/{repair_id}").body
    return found


def waits(app: Live, repair_id: str) -> bool:
    return bool(repair(app, repair_id)["awaiting"])


def ended(app: Live, repair_id: str) -> bool:
    return app.call("GET", f"/api/repairs/{repair_id}/result").status != 202


def sfc_percent(app: Live, repair_id: str) -> int:
    progress = repair(app, repair_id)["progress"]
    return int(progress["percent"] or 0) if isinstance(progress, dict) and progress["command"] == "sfc" else 0


def test_a_repair_is_started_watched_approved_and_its_report_taken_home(browser: Browser, tmp_path: Path) -> None:
    with live(people={}) as app, operator(browser, app) as ada:
        ada.sign_in()
        repair_id = ada.start()
        app.pass_time(lambda: waits(app, repair_id))
        ada.sees("heading", REPAIR_QUESTION)
        ada.reads("Its temporary disk is lost, with any memory dump in a page file on it.")
        ada.finds_it_accessible()
        ada.photographs("checkpoint")
        ada.answer(REPAIR_QUESTION, "Approve the repair")
        watch_the_scan(ada, app, repair_id)
        app.pass_time(lambda: waits(app, repair_id))
        ada.answer(SWAP_QUESTION, "Approve the swap")
        app.pass_time(lambda: ended(app, repair_id))
        read_the_end(ada)
        ada.photographs("repaired", height=760)
        take_the_report_home(ada, tmp_path / "report.html")


def watch_the_scan(ada: Operator, app: Live, repair_id: str) -> None:
    app.pass_time(lambda: sfc_percent(app, repair_id) >= 40)
    ada.reads("SFC: 40 %")
    ada.sees("img", "Before, looked at again: boot screenshot")
    expect(ada.page.locator("mark", has_text="BLUESCREEN").first).to_be_visible()
    ada.finds_it_accessible()
    ada.photographs("watching", height=640)


def read_the_end(ada: Operator) -> None:
    ada.sees("heading", "Outcome: repaired")
    ada.sees("img", "After: boot screenshot")
    ada.reads("the OS disk as it was before the repair: swap it in to undo")
    ada.reads("approve, by Ada (claimed)")
    ada.reads("sfc /scannow")
    ada.finds_it_accessible()


def take_the_report_home(ada: Operator, page: Path) -> None:
    """It is whole in itself: opened from a folder it shows everything and asks no host for anything."""
    with ada.page.expect_download() as taken:
        ada.page.get_by_role("button", name="Download report.html").click()
    taken.value.save_as(page)
    ada.page.goto(page.as_uri())
    assert ada.strangers == [page.as_uri()]
    ada.strangers.clear()
    expect(ada.page.get_by_role("heading", name="Repair of vm-web-01")).to_be_visible()
    assert "sfc /scannow" in (ada.page.text_content("body") or "")
    widths = ada.page.locator("img").evaluate_all("images => images.map((image) => image.naturalWidth)")
    assert len(widths) == 3
    assert min(widths) > 0
    ada.finds_it_accessible()
    ada.photographs("report", height=760)


def test_a_repair_that_is_rejected_touches_nothing(ada: Operator, app: Live) -> None:
    ada.sign_in()
    repair_id = ada.start()
    app.pass_time(lambda: waits(app, repair_id))
    before = app.world.os_disk_of_vm()
    ada.answer(REPAIR_QUESTION, "Reject: touch nothing", name="Grace")
    app.pass_time(lambda: ended(app, repair_id))
    ada.sees("heading", "Outcome: rolled_back")
    ada.reads("checkpoint approve_repair: reject by Grace")
    ada.reads("Nothing: no resource that this repair made is left.")
    assert app.world.os_disk_of_vm() == before
    assert not any(row.method in {"PUT", "DELETE", "PATCH"} for row in app.world.requests())


def test_an_answer_without_a_name_is_not_sent(ada: Operator, app: Live) -> None:
    ada.sign_in()
    repair_id = ada.start()
    app.pass_time(lambda: waits(app, repair_id))
    ada.sees("heading", REPAIR_QUESTION)
    ada.page.get_by_role("button", name="Approve the repair").click()
    ada.reads("Say who decides.")
    expect(ada.page.get_by_label("Your name")).to_be_focused()
    assert waits(app, repair_id)
    cancel(ada, app, repair_id)


def cancel(ada: Operator, app: Live, repair_id: str) -> None:
    ada.page.get_by_role("button", name="Cancel the repair…").click()
    ada.page.get_by_role("dialog").get_by_role("button", name="Cancel the repair").click()
    expect(ada.page.get_by_role("dialog")).to_be_hidden()
    app.pass_time(lambda: ended(app, repair_id))
    ada.sees("heading", "Outcome: cancelled")


def test_a_dry_run_tells_the_plan_and_changes_nothing(ada: Operator, app: Live) -> None:
    ada.sign_in()
    repair_id = ada.start("Dry run: only say what would be done")
    app.pass_time(lambda: ended(app, repair_id))
    ada.sees("heading", "Outcome: planned")
    plan = ada.page.get_by_label("The plan")
    expect(plan).to_contain_text("sfc /scannow /offbootdir=<boot>:\\ /offwindir=<windows>:\\Windows")
    expect(plan).to_contain_text("Created in rg-prod: a snapshot of the OS disk")
    ada.finds_it_accessible()
    ada.photographs("dry-run", height=640)
    assert not any(row.method in {"PUT", "DELETE", "PATCH"} for row in app.world.requests())


def test_a_vm_that_cannot_be_repaired_is_refused_in_words(browser: Browser) -> None:
    with live(people={}, vm={"tags": {"bootmend:exclude": "yes"}}) as app, operator(browser, app) as ada:
        ada.sign_in()
        repair_id = ada.start()
        app.pass_time(lambda: ended(app, repair_id))
        ada.sees("heading", "Outcome: refused")
        ada.reads("bootmend:exclude")
        ada.reads("Remove the reason, and ask again.")


def test_a_wrong_id_is_told_at_the_field_and_not_sent(ada: Operator, app: Live) -> None:
    ada.sign_in()
    count = len(app.repairs())
    ada.fill_in_the_form("vm-web-01")
    ada.page.get_by_role("button", name="Start the repair").click()
    ada.reads("This is not the resource id of a VM.")
    expect(ada.page.get_by_label("VM, by its resource id")).to_be_focused()
    ada.finds_it_accessible()
    assert len(app.repairs()) == count


def test_what_the_app_refuses_is_told_in_its_words(ada: Operator, app: Live) -> None:
    ada.sign_in()
    ada.fill_in_the_form(app.vm_id.replace("00000000-0000", "none-of-azure"))
    ada.page.get_by_role("button", name="Start the repair").click()
    ada.reads("Not started: vm_id:")


def test_a_wrong_key_is_told_and_not_kept(ada: Operator, app: Live) -> None:
    ada.open()
    ada.sees("heading", "A key is needed")
    ada.finds_it_accessible()
    ada.give_key("not the key")
    ada.reads("The app refused this key: it is wrong, or was renewed.")
    assert ada.page.evaluate("sessionStorage.length") == 0
    ada.give_key()
    ada.sees("heading", "Repairs")
    assert ada.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    ada.page.get_by_role("button", name="Forget the key").click()
    ada.sees("heading", "A key is needed")


def test_a_key_that_is_renewed_meanwhile_is_asked_for_again(ada: Operator, app: Live) -> None:
    ada.sign_in()
    ada.page.evaluate("sessionStorage.setItem('bootmend-key', 'the old one')")
    ada.page.reload()
    ada.reads("The app refused this key: it is wrong, or was renewed.")


def test_a_lost_connection_is_told_and_cured_without_a_reload(ada: Operator, app: Live) -> None:
    ada.sign_in()
    repair_id = ada.start("Dry run: only say what would be done")
    ada.reads("active")
    ada.page.route(re.compile("/api/repairs"), refuse)
    expect(ada.page.get_by_role("alert").first).to_contain_text("Connection lost", timeout=20_000)
    ada.reads("active")
    ada.finds_it_accessible()
    app.pass_time(lambda: ended(app, repair_id))
    ada.page.unroute(re.compile("/api/repairs"))
    ada.page.get_by_role("button", name="Try now").click()
    ada.sees("heading", "Outcome: planned")
    expect(ada.page.get_by_text("Connection lost")).to_have_count(0)


def test_an_unknown_repair_is_told(ada: Operator) -> None:
    ada.sign_in()
    ada.open("#/repairs/0123456789abcdef-0123456789ab")
    ada.reads("There is no such repair.")


def test_on_a_phone_all_fits_and_can_be_pressed(browser: Browser, app: Live) -> None:
    with operator(browser, app, PHONE) as ada:
        ada.sign_in()
        ada.need_not_scroll_sideways()
        repair_id = ada.start()
        app.pass_time(lambda: waits(app, repair_id))
        ada.sees("heading", REPAIR_QUESTION)
        ada.need_not_scroll_sideways()
        ada.finds_it_accessible()
        button = ada.page.get_by_role("button", name="Approve the repair").bounding_box()
        assert button is not None
        assert button["height"] >= 44
        ada.photographs("phone")
        cancel(ada, app, repair_id)
        ada.need_not_scroll_sideways()


def test_everything_can_be_done_with_the_keyboard(ada: Operator, app: Live) -> None:
    ada.sign_in()
    ada.page.get_by_role("link", name="Start a repair").first.press("Enter")
    expect(ada.page.get_by_role("heading", name="Start a repair")).to_be_focused()
    ada.page.keyboard.press("Tab")
    ada.page.keyboard.type(app.vm_id)
    ada.page.keyboard.press("Enter")
    ada.page.wait_for_url(re.compile(r"#/repairs/"))
    repair_id = ada.page.url.rpartition("/")[2]
    app.pass_time(lambda: waits(app, repair_id))
    ada.sees("heading", REPAIR_QUESTION)
    ada.page.get_by_label("Your name").focus()
    ada.page.keyboard.type("Ada")
    pressed = [button_reached_by_tab(ada) for _ in ("the comment", "approve", "reject")]
    assert pressed[1:] == ["Approve the repair", "Reject: touch nothing"]
    ada.page.get_by_role("button", name="Reject: touch nothing").press("Enter")
    app.pass_time(lambda: ended(app, repair_id))
    ada.sees("heading", "Outcome: rolled_back")


def button_reached_by_tab(ada: Operator) -> str:
    ada.page.keyboard.press("Tab")
    return str(ada.page.evaluate("document.activeElement.textContent"))


def test_the_list_tells_who_waits_for_whom(ada: Operator, app: Live) -> None:
    made = app.call(
        "POST", "/api/repairs", {"vm_id": app.vm_id, "policy": {"checkpoints": {"approve_repair": "manual"}}}
    )
    repair_id = made.body["id"]
    app.pass_time(lambda: waits(app, repair_id))
    ada.sign_in()
    ada.reads("Bootmend waits for a person: approve_repair")
    ada.finds_it_accessible()
    ada.photographs("list", height=320)
    ada.page.get_by_label("Show").select_option("waiting")
    waiting = ada.page.get_by_role("main").get_by_role("listitem")
    expect(waiting).to_have_count(1)
    waiting.get_by_role("link", name="vm-web-01").click()
    cancel(ada, app, repair_id)


def test_a_checkpoint_that_is_answered_elsewhere_goes_away(ada: Operator, app: Live) -> None:
    ada.sign_in()
    repair_id = ada.start()
    app.pass_time(lambda: waits(app, repair_id))
    ada.sees("heading", REPAIR_QUESTION)
    app.call("POST", f"/api/repairs/{repair_id}/checkpoints/approve_repair", {"decision": "reject", "by": "another"})
    app.pass_time(lambda: ended(app, repair_id))
    ada.sees("heading", "Outcome: rolled_back")
    expect(ada.page.get_by_role("heading", name=REPAIR_QUESTION)).to_have_count(0)


def test_what_a_guest_wrote_is_text_and_nothing_else(ada: Operator, app: Live) -> None:
    """The serial log is the guest's to write."""
    ada.sign_in()
    attack = "<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
    ada.page.route(
        re.compile(r"/evidence/serial-"), lambda route: route.fulfill(body=attack, content_type="text/plain")
    )
    repair_id = ada.start("Dry run: only say what would be done")
    app.pass_time(lambda: ended(app, repair_id))
    ada.reads(attack)
    assert "taken" not in ada.page.title()
