"""The figures of one shop, asked for in every vendor's way through requests."""

import requests
from prelude import ACCOUNT, HOSTILE_NAME, KEY, SITE, URL, expect


def get(path, **params):
    reply = requests.get(URL + path, params=params, timeout=10)
    expect(200, reply.status_code, f"{path}: {reply.text}")
    return reply.json()


shown = get("/secure/cartstack_api_dashboardstats.php", siteid=SITE, apikey=KEY, days=30)["dashboard"]
expect("1", str(shown["Recovered Carts"]), "recovered carts")

orders = get("/secure/cartstack_api_recoveries.php", siteid=SITE, apikey=KEY, days=30)["recoveries"]
expect("ann@example.com", orders[0]["Email Address"], "recovered orders")
weekly = get("/secure/cartstack_api_weeklyreport.php", siteid=SITE, apikey=KEY)
expect(1, len(weekly["Recovered Orders"]), "the weekly report")
again = requests.get(URL + "/secure/cartstack_api_weeklyreport.php", params={"siteid": SITE, "apikey": KEY}, timeout=10)
expect(True, again.status_code >= 400, "a second one in the same week")

partner = {"rest_key": KEY}
expect({"abandoned": 1, "recovered": 1}, get("/v1/partners-api/shopping-carts", **partner)["data"], "shopping-carts")
expect({"value": 1, "percentage": "100.00", "increase": True}, get("/v1/partners-api/transactions", **partner)["data"], "transactions")
expect({"retargeting": "100.00 USD", "your_site": "0.00 USD"}, get("/v1/partners-api/aov", **partner)["data"], "aov")
ours = get("/v1/partners-api/traffic-source", **partner)["data"][1]
expect(("Triggered Emails", 1, 100), (ours["source_name"], ours["order"], ours["revenue"]), "traffic-source")

# Multipart, as requests sends files, and the answer as JSON.
fields = {"user_id": "john", "user_api_key": KEY, "account_id": ACCOUNT, "type": "dashboard", "API": "1.5"}
fields |= {"output": "json", "customer_count": "Y", "last_X_customers": "1"}
reply = requests.post(URL + "/api.php", files={name: (None, value) for name, value in fields.items()}, timeout=10).json()
expect(("success", "1"), (reply["status"], reply["total_customers"]["all_time"]), "multipart")
expect(HOSTILE_NAME, reply["last_X_customers"][0]["first_name"], "first_name")
expect(reply, requests.post(URL + "/", data=fields, timeout=10).json(), "a form says the same")

reply = requests.get(f"{URL}/secure/unsubscribe-api.php?sid={SITE}&ea=eve+x@example.com", timeout=10)
expect("SUCCESS", reply.text, "unsubscribe")
expect(["eve+x@example.com"], get("/v1/unsubscribed-emails", **partner)["data"], "unsubscribed-emails")

print("all is well")
