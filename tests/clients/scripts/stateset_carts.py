"""Carts through requests: made, filled, changed, listed page by page, and what is wrong with a call."""

import requests
from prelude import HOSTILE_NAME, KEY, URL, expect

session = requests.Session()
session.headers["Authorization"] = f"Bearer {KEY}"


def call(method, path, status, **rest):
    reply = session.request(method, URL + path, timeout=10, **rest)
    expect(status, reply.status_code, f"{method} {path}: {reply.text}")
    return reply.json() if reply.content else None


line = {"product_id": "beans", "product_name": HOSTILE_NAME, "quantity": 2, "unit_price": 999}
cart = call("POST", "/v1/carts", 201, json={"email": "ann+x@example.com", "items": [line], "metadata": {"a": [1, None]}})
expect(1998, cart["total"], "total")
expect(HOSTILE_NAME, cart["items"][0]["product_name"], "name")
path = f"/v1/carts/{cart['id']}"
more = call("POST", path + "/items", 200, json={"product_id": "mug", "quantity": 1, "unit_price": 500})
expect(2498, more["total"], "total with a mug")
mug = next(item for item in more["items"] if item["product_id"] == "mug")
call("DELETE", f"{path}/items/{mug['id']}", 200)
expect(1998, call("GET", path, 200)["total"], "total without it")

for number in range(4):
    call("POST", "/v1/carts", 201, json={"email": f"shopper{number}@example.com", "items": [line]})
seen, after = [], None
while True:
    page = call("GET", "/v1/carts", 200, params={"limit": 2, "after": after, "sort_by": "created_at"})
    seen += [row["id"] for row in page["data"]]
    if not page["has_more"]:
        break
    after = page["data"][-1]["id"]
expect((5, 5), (len(seen), len(set(seen))), "every cart once")

wrong = call("GET", "/v1/carts/nobody", 404)
expect("RESOURCE_NOT_FOUND", wrong["error"]["code"], "an unknown cart")
wrong = call("POST", "/v1/carts", 400, data="{", headers={"Content-Type": "application/json"})
expect("INVALID_FIELD_FORMAT", wrong["error"]["code"], "half a body")
reply = requests.get(URL + "/v1/carts", headers={"Authorization": "Bearer wrong"}, timeout=10)
expect((401, "INVALID_API_KEY"), (reply.status_code, reply.json()["error"]["code"]), "a wrong key")
expect("application/json; charset=utf-8", reply.headers["Content-Type"], "content type")

print("all is well")
