"""What no vendor has, through requests: purchases and refunds, loyalty, coupons, webhooks, letters, figures."""

import requests
from prelude import HOSTILE_NAME, KEY, URL, expect

session = requests.Session()
session.headers["Authorization"] = f"Bearer {KEY}"


def call(method, path, status, headers=None, **rest):
    reply = session.request(method, URL + path, timeout=10, headers=headers, **rest)
    expect(status, reply.status_code, f"{method} {path}: {reply.text}")
    expect("application/json; charset=utf-8", reply.headers["Content-Type"], f"{method} {path}")
    return reply.json()


customer = call("POST", "/v1/customers", 201, json={"id": "c-1", "email": "ann+x@example.com", "first_name": HOSTILE_NAME})
expect(HOSTILE_NAME, call("GET", "/v1/customers/c-1", 200)["first_name"], "a customer")

campaign = call("POST", "/v1/loyalty/campaigns", 201, json={"name": HOSTILE_NAME, "kind": "points", "earns_from_purchases": True})
member = call("POST", "/v1/loyalty/members", 201, json={"email": "bob@example.com"})


def balance():
    rows = call("GET", f"/v1/loyalty/members/{member['id']}", 200)["balances"]
    return sum(row["balance"] for row in rows if row["campaign_id"] == campaign["id"])


sold = call("POST", "/v1/purchases", 201, json={"email": "bob@example.com", "total": 10_000, "order_id": "3001"})
call("POST", "/v1/purchases", 200, json={"email": "bob@example.com", "total": 10_000, "order_id": "3001"})
expect(100, balance(), "points of a purchase that was told twice")
again = {"Idempotency-Key": "refund-1"}
for _ in range(2):
    call("POST", f"/v1/purchases/{sold['id']}/refunds", 201, headers=again, json={"amount": 2_500})
expect(75, balance(), "points after a refund that was told twice")
call("POST", f"/v1/purchases/{sold['id']}/refunds", 400, json={"amount": 7_501})
entry = {"cause": "redeem", "campaign_id": campaign["id"], "member_id": member["id"], "amount": 76}
expect("RESOURCE_CONFLICT", call("POST", "/v1/loyalty/entries", 409, json=entry)["error"]["code"], "more than there is")
taken = call("POST", "/v1/loyalty/entries", 201, json=entry | {"amount": 75})
call("POST", "/v1/loyalty/entries", 201, json={"cause": "reverse", "reverses": taken["id"]})
call("POST", "/v1/loyalty/entries", 409, json={"cause": "reverse", "reverses": taken["id"]})
expect(75, balance(), "what was reversed once")

pool = call("POST", "/v1/coupons", 201, json={"id": "thanks", "type": "fixed", "value": 500})
call("POST", "/v1/coupons/thanks/codes", 200, json={"codes": ["T-1", "U-2"]})
expect(2, call("GET", "/v1/coupons/thanks", 200)["free_code_count"], "a pool")

hook = call("POST", "/v1/webhooks", 201, json={"url": "https://shop.example/hooks"})
expect(True, hook["secret"].startswith("whsec_"), "a secret")
expect(False, "secret" in call("GET", f"/v1/webhooks/{hook['id']}", 200), "is said once")
call("POST", "/v1/webhooks", 400, json={"url": "http://127.0.0.1/hooks"})

stopped = call("POST", "/v1/suppressions", 201, json={"email": "eve@example.com"})
call("DELETE", f"/v1/suppressions/{stopped['id']}", 200)
expect([], call("GET", "/v1/messages", 200, params={"cart_id": "nobody"})["data"], "letters of no cart")
expect("default", call("GET", "/v1/sequences", 200)["data"][0]["id"], "the sequence")
figures = {row["name"]: row for row in call("GET", "/v1/stats", 200)["figures"]}
expect(True, all(row["definition"] for row in figures.values()), "definitions")
expect("3.1.0", requests.get(URL + "/openapi.json", timeout=10).json()["openapi"], "the reference")

print("all is well")
