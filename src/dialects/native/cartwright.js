/* Cartwright: tells the shop's own Cartwright what is in the cart. No cookies of others, no dependencies. */
(function (window, document) {
  "use strict";
  if (window.cartwright && window.cartwright.push) { return; }

  var KEY = "cartwright_visitor", HUMAN = "cartwright_human", WAIT = 300;
  var EMAIL = /^[^\s@"<>()]+@[^\s@"<>()]+\.[^\s@"<>().]+$/;
  var tag = ownTag(), nav = window.navigator || {};
  var endpoint = tag && tag.src ? tag.src.replace(/\/js\/[^#]*$/, "/capture") : "/capture";
  var site = attribute(tag, "data-siteid"), domain, visitor, human, command, inputId, decided;
  var told = {}, batchSent = false, timer = null, last = {};

  /* Nothing of ours may break the shop's page. */
  function safely(work) {
    return function () {
      try { return work.apply(this, arguments); } catch (e) { return undefined; }
    };
  }

  function attribute(element, name) {
    return (element && element.getAttribute && element.getAttribute(name)) || "";
  }

  function ownTag() {
    var tags = document.getElementsByTagName("script"), i;
    if (document.currentScript && document.currentScript.src) { return document.currentScript; }
    for (i = tags.length - 1; i >= 0; i--) {
      if (/\/js\/(cartwright|cartstack|cs|cartstack_utility|customer-tracking\/[^\/]+)\.js/.test(tags[i].src)) {
        return tags[i];
      }
    }
    return null;
  }

  function unwanted() {
    if (attribute(tag, "data-respect-dnt") === "off") { return false; }
    return nav.globalPrivacyControl === true || nav.doNotTrack === "1" || nav.doNotTrack === "yes" ||
      window.doNotTrack === "1";
  }

  function recall(key) {
    var found = new RegExp("(?:^|; )" + key + "=([^;]*)").exec(document.cookie || "");
    if (found) { return found[1]; }
    try { return window.localStorage.getItem(key); } catch (e) { return null; }
  }

  function keep(key, value) {
    var kept = false;
    try {
      window.localStorage.setItem(key, value);
      kept = true;
    } catch (e) { /* Storage is off: a cookie will do. */ }
    if (!kept || domain) {
      document.cookie = key + "=" + value + "; path=/; max-age=31536000; samesite=lax" +
        (domain ? "; domain=" + domain : "") + (window.location.protocol === "https:" ? "; secure" : "");
    }
  }

  function random() {
    var text = "", i, bytes;
    try {
      bytes = window.crypto.getRandomValues(new Uint8Array(16));
    } catch (e) {
      bytes = [];
      for (i = 0; i < 16; i++) { bytes.push(Math.floor(Math.random() * 256)); }
    }
    for (i = 0; i < 16; i++) { text += (bytes[i] + 256).toString(16).slice(1); }
    return text;
  }

  function who() {
    if (!visitor) {
      visitor = recall(KEY);
      if (!/^[\w-]{16,64}$/.test(visitor || "")) { visitor = random(); }
      keep(KEY, visitor);
    }
    return visitor;
  }

  function hand(event) {
    if (event.isTrusted && !human) {
      human = true;
      if (!unwanted()) { keep(HUMAN, "1"); }
    }
  }

  /* What the shopper said about being written to: a ticked box agrees, a box that says no declines. */
  function consent() {
    var no = document.querySelector("[data-cartwright-decline]");
    var yes = document.querySelector("[data-cartwright-consent]");
    if (no && no.checked) { return { given: false, wording: wording(no) }; }
    if (yes && yes.checked) { return { given: true, wording: wording(yes) }; }
    return decided;
  }

  function wording(box) {
    var node = (box.labels && box.labels[0]) || box.parentNode;
    return (attribute(box, "data-wording") || (node && node.textContent) || "").replace(/\s+/g, " ").slice(0, 1000);
  }

  function body() {
    var text, copy = {}, name;
    for (name in told) { if (told.hasOwnProperty(name)) { copy[name] = told[name]; } }
    copy.site = site;
    copy.visitor = who();
    copy.command = command || (told.items || told.total !== undefined ? (told.email ? "tracking" : "tracking-cart") : "capture");
    if (copy.command === "tracking-cart" && copy.email) { copy.command = "tracking"; }
    if (told.email) { copy.consent = consent(); }
    copy.human = !!human || recall(HUMAN) === "1";
    text = JSON.stringify(copy);
    return { command: copy.command, text: text };
  }

  var send = safely(function () {
    var what;
    window.clearTimeout(timer);
    if (timer === null) { return; }
    timer = null;
    site = site || attribute(document.querySelector("script[data-siteid]"), "data-siteid");
    if (!site || unwanted()) { return; }
    what = body();
    batchSent = true;
    if (last[what.command] === what.text) { return; }
    if (what.command === "confirmation") {
      /* What was bought is not in the next cart of this page. */
      last = {};
      delete told.items;
      delete told.total;
    }
    last[what.command] = what.text;
    if (nav.sendBeacon && nav.sendBeacon(endpoint, what.text)) { return; }
    if (window.fetch) {
      window.fetch(endpoint, {
        method: "POST", body: what.text, keepalive: true, credentials: "omit",
        headers: { "Content-Type": "text/plain;charset=UTF-8" }
      })["catch"](function () { /* The shop goes on without us. */ });
    }
  });

  function soon() {
    if (timer !== null) { window.clearTimeout(timer); }
    timer = window.setTimeout(send, WAIT);
  }

  function merge(name, values) {
    var all = told[name] || (told[name] = {}), key;
    for (key in values) { if (values.hasOwnProperty(key)) { all[key] = values[key]; } }
  }

  function asText(value) {
    return typeof value === "number" ? value : String(value);
  }

  var commands = {
    setSiteID: function (id) { site = String(id); },
    setAPI: function (name) {
      /* Two commands on one page are two words. */
      if (command && command !== name && timer !== null) { send(); }
      command = String(name);
    },
    setCartTotal: function (total) { told.total = asText(total); },
    setEmail: function (email) { if (email) { told.email = String(email); } },
    setCartItem: function (item) {
      /* Lines that come after the last ones were sent are a new list. */
      if (batchSent || !told.items) { told.items = []; batchSent = false; }
      told.items.push(item);
    },
    setDataItem: function (values) { merge("data", values); },
    setAttribute: function (values) { merge("attributes", values); },
    setDomain: function (name) { domain = String(name).replace(/[^\w.-]/g, ""); visitor = null; },
    setEmailAddressInput: function (id) { inputId = String(id); }
  };

  var push = safely(function () {
    var i, entry;
    for (i = 0; i < arguments.length; i++) {
      entry = arguments[i];
      if (entry && commands.hasOwnProperty(entry[0])) {
        safely(commands[entry[0]])(entry[1]);
        soon();
      }
    }
    return i;
  });

  /* The whole cart anew: commands, or lines; an empty one is an empty cart. */
  var update = safely(function (list) {
    var i;
    told.items = [];
    batchSent = false;
    for (i = 0; list && i < list.length; i++) {
      push(Object.prototype.toString.call(list[i]) === "[object Array]" ? list[i] : ["setCartItem", list[i]]);
    }
    soon();
  });

  function typed(email) {
    var box = document.querySelector("[data-cartwright-consent]"), said = consent();
    /* Where the page asks, what is typed stays here until the answer is yes; a no is told, so that it is kept. */
    if (!EMAIL.test(email) || (box && !said)) { return; }
    told.email = email;
    soon();
  }

  function isEmailInput(input) {
    if (inputId === "cartstack_noinput" || !input || input.tagName !== "INPUT") { return false; }
    if (inputId) { return input.id === inputId; }
    return input.type === "email" || (/^(text|)$/.test(input.type) &&
      /e-?mail/i.test([input.name, input.id, attribute(input, "autocomplete")].join(" ")));
  }

  var changed = safely(function (event) {
    var target = event.target, inputs, i;
    if (isEmailInput(target)) { typed(target.value.replace(/^\s+|\s+$/g, "")); }
    if (event.type !== "change" || !target.hasAttribute) { return; }
    if (target.hasAttribute("data-cartwright-consent")) {
      decided = { given: target.checked, wording: wording(target) };
    } else if (target.hasAttribute("data-cartwright-decline")) {
      decided = target.checked ? { given: false, wording: wording(target) } : undefined;
    } else {
      return;
    }
    inputs = document.getElementsByTagName("input");
    for (i = 0; i < inputs.length; i++) {
      if (isEmailInput(inputs[i])) { typed(inputs[i].value.replace(/^\s+|\s+$/g, "")); }
    }
    if (told.email) { soon(); }
  });

  /* The cart as the page's own attributes say it. */
  var read = safely(function () {
    var cart = document.querySelector("[data-cartwright-cart]"), items, i, lines = [], names, j, line, value, total;
    if (document.querySelector("[data-cartwright-confirmation]")) {
      command = "confirmation";
      soon();
      return;
    }
    if (!cart) { return; }
    names = ["name", "price", "quantity", "url", "image", "variant", "sku"];
    items = cart.querySelectorAll("[data-cartwright-item]");
    for (i = 0; i < items.length; i++) {
      line = { id: attribute(items[i], "data-cartwright-item") };
      for (j = 0; j < names.length; j++) {
        value = attribute(items[i], "data-cartwright-" + names[j]);
        if (value) { line[names[j]] = value; }
      }
      lines.push(line);
    }
    total = document.querySelector("[data-cartwright-total]");
    give({
      items: lines, total: total ? attribute(total, "data-cartwright-total") || total.innerHTML : undefined,
      currency: attribute(cart, "data-cartwright-currency") || undefined,
      restoreUrl: attribute(cart, "data-cartwright-restore") || undefined
    });
  });

  function give(cart) {
    if (cart.items) { told.items = cart.items; batchSent = false; }
    if (cart.total !== undefined) { told.total = asText(cart.total); }
    if (cart.currency) { told.currency = String(cart.currency); }
    if (cart.email) { told.email = String(cart.email); }
    if (cart.restoreUrl) { told.restore_url = String(cart.restoreUrl); }
    if (cart.data) { merge("data", cart.data); }
    if (command === "confirmation") { command = ""; }
    soon();
  }

  function listen(target, name, work) {
    if (target.addEventListener) { target.addEventListener(name, work, true); }
  }

  var queue = window._cartstack, i, inputs = ["pointerdown", "mousedown", "touchstart", "keydown"];
  window.cartwright = {
    push: push,
    cart: safely(give),
    identify: safely(function (email, said) {
      told.email = String(email);
      if (said) { decided = { given: said.given !== false, wording: said.wording }; }
      soon();
    }),
    confirm: safely(function () { push(["setAPI", "confirmation"]); }),
    visitor: safely(function () { return unwanted() ? "" : who(); })
  };
  window._cartstack = { push: push };
  window.cartstack_updatecart = update;
  window.cartstack_regex = EMAIL;
  window.cartstack_livecallback = safely(function (email) { typed(String(email)); });
  window.cartstack_getTracking = window.cartwright.visitor;

  for (i = 0; i < inputs.length; i++) { listen(document, inputs[i], safely(hand)); }
  listen(document, "change", changed);
  listen(document, "focusout", changed);
  listen(window, "pagehide", send);
  listen(document, "visibilitychange", function () { if (document.visibilityState === "hidden") { send(); } });
  for (i = 0; queue && i < queue.length; i++) { push(queue[i]); }
  if (document.readyState === "loading") { listen(document, "DOMContentLoaded", read); } else { read(); }
}(window, document));
