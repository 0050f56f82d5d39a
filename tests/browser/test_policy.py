"""The staff's pages under the Content-Security-Policy: Django's own scripts and styles live with it."""

from playwright.sync_api import Page, expect

from tests.browser.support.clerk import hire
from tests.browser.support.stack import Shop

PROMOTE = "UPDATE auth_user SET is_superuser = true WHERE username = %s RETURNING id"
EVENT = "SELECT id FROM bookings_event WHERE slug = 'demo-night'"


def test_the_admin_does_nothing_that_the_policy_forbids(shop: Shop, page: Page) -> None:
    clerk = hire(shop, "Finance", page)
    shop.rows(PROMOTE, clerk.name)
    clerk.log_in()
    [(event,)] = shop.rows(EVENT)
    expect(page.locator("#content a[href='/admin/payments/payment/']").first).to_be_visible()
    links = page.locator("#content a[href^='/admin/']").evaluate_all("all => all.map(it => it.pathname)")
    lists = sorted(path for path in set(links) if path.count("/") == 4)

    assert "/admin/payments/payment/" in lists
    for path in [*lists, "/admin/bookings/event/add/", f"/admin/bookings/event/{event}/change/"]:
        page.goto(path)
        expect(page.locator("#site-name")).to_be_visible()


def test_the_admins_scripts_run_under_the_policy(shop: Shop, page: Page) -> None:
    clerk = hire(shop, "Finance", page)
    shop.rows(PROMOTE, clerk.name)
    clerk.log_in()
    page.goto("/admin/bookings/event/add/")
    page.get_by_label("Title").fill("A Night at the Opera")
    page.locator(".field-starts_at .datetimeshortcuts a").first.click()

    expect(page.get_by_label("Slug")).to_have_value("a-night-at-the-opera")
    expect(page.locator("#id_starts_at_0")).not_to_have_value("")
