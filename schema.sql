-- Cartwright's whole schema, in reading order: who we serve, what they sell, what we wrote to whom, who bought,
-- what they earned, and the figures kept beside all of it.
--
-- Conventions, wherever these names stand:
--   no         our own row number. It never leaves the process; the text `id` beside it is what the world sees.
--   site       the shop a row belongs to. Every statement of `src/store/` that looks for rows names it, so no shop
--              reads another's; rows that hang on one that was found so (lines, events) are reached by its number.
--   *_at, at   an instant: whole seconds since 1970-01-01 UTC.
--   money      integers in minor units of the row's ISO 4217 currency, never a float.
--   email      the address as its owner spelled it, kept for display; `address` is the same one trimmed and
--              lower-cased, and is what we match by.
-- Tables are STRICT, so a column holds the type that it says and nothing else.
-- A check names two words in one `in` at most: of more, SQLite makes a table anew for every row that is written, which
-- takes longer than many a row does (docs/performance.md).

-- A shop. `site_id` and `account_id` are the public names that the vendors' interfaces know it by.
create table sites (
    no              integer primary key,
    site_id         text    not null unique,
    account_id      text    not null unique,
    name            text    not null,
    -- ISO 4217. Figures with room for one currency use it; carts and purchases may be in others.
    currency        text    not null,
    -- IANA zone in which this shop's days and months are cut.
    timezone        text    not null,
    status          text    not null
                    check (status in ('paid', 'payment_error') or status in ('suspended', 'inactive') or status = 'closed'),
    created_at      integer not null,
    -- JSON object of the settings that differ from their defaults (`cartwright site set`); domain/settings.rs lists them.
    settings        text    not null default '{}',
    -- Secret of the keyed hashes that outlive the erasure of a person: of a suppressed address, and of what may be told
    -- again, such as an order's number.
    suppression_key blob    not null check (length(suppression_key) = 32)
) strict;

-- When a shop's letters were let out to real people, and who answers for it. Until there is a row, a letter waits that a real
-- transport would carry. Rows are evidence: they are added, never changed. They stay on this machine: what doctor looked
-- at, the mail server and the public address, is this machine's.
create table go_lives (
    no     integer primary key,
    site   integer not null references sites (no),
    at     integer not null,
    -- passed: doctor found no fault. overridden: somebody let the letters out over its faults.
    how    text    not null check (how in ('passed', 'overridden')),
    -- Who, as they said.
    by     text    not null,
    -- The faults that stood, one a line.
    faults text    not null
) strict;
create index go_lives_by_site on go_lives (site, no);

-- A key that a shop's server or script calls with. Only its SHA-256 is stored; equality of hashes is the look-up,
-- so nothing about the key can be learned from timing.
create table api_keys (
    no         integer primary key,
    site       integer not null references sites (no),
    id         text    not null,
    key_hash   blob    not null unique check (length(key_hash) = 32),
    -- Space separated; `all` stands for every scope that there is.
    scopes     text    not null,
    created_at integer not null,
    -- From this instant on the key answers as expired. Null: never.
    expires_at integer,
    -- When it was taken back; since then it answers as unknown. Null: in force.
    revoked_at integer,
    -- The last call with it, to about five minutes. Null: none yet.
    last_used_at integer,
    unique (site, id)
) strict;

-- A person who works for the shop: signs in to the loyalty interface with a key of its own (hash, as above), and
-- to the dashboard with a password (argon2id, PHC string).
create table users (
    no                integer primary key,
    site              integer not null references sites (no),
    user_id           text    not null,
    role              text    not null check (role in ('owner', 'admin') or role in ('manager', 'observer')),
    -- Null: the shop's own zone.
    timezone          text,
    -- 'all', 'none', or a JSON array of loyalty campaign ids. Owners and admins see all whatever stands here.
    allowed_campaigns text    not null,
    key_hash          blob    check (key_hash is null or length(key_hash) = 32),
    password_hash     text,
    created_at        integer not null,
    unique (site, user_id)
) strict;

-- Where a shop wants to be told of what happens. `secret` signs what is sent there, so it is kept as it is.
create table webhooks (
    no            integer primary key,
    site          integer not null references sites (no),
    id            text    not null,
    url           text    not null,
    -- How bodies are written: our JSON, or one vendor's form.
    format        text    not null check (format in ('json', 'form')),
    -- Space separated names of domain/webhooks.rs.
    events        text    not null,
    secret        blob    not null check (length(secret) = 32),
    -- 0: nothing is written for it, and what waits goes on waiting.
    active        integer not null check (active in (0, 1)),
    created_at    integer not null,
    -- Since when no delivery arrived and some failed. Null: the last one arrived, or none was tried yet.
    failing_since integer,
    unique (site, id)
) strict;

-- The outbox of webhooks: one event on its way to one endpoint, written in the transaction of its cause. What ended is kept for 30
-- days.
create table webhook_deliveries (
    no         integer primary key,
    site       integer not null references sites (no),
    webhook    integer not null references webhooks (no),
    -- The `webhook-id` of every attempt: by it a receiver knows a repeat.
    id         text    not null,
    event      text    not null,
    format     text    not null check (format in ('json', 'form')),
    body       text    not null,
    -- The matched address that the body is about, so that it can be forgotten with it.
    address    text,
    -- dead: tried for three days without success; it goes out again only when somebody says so.
    status     text    not null check (status in ('queued', 'sending') or status in ('delivered', 'dead')),
    created_at integer not null,
    -- When it is tried next, while it is queued.
    due_at     integer,
    attempts   integer not null,
    tried_at   integer,
    -- Status code of the last answer, and what went wrong. Nothing else of an answer is kept.
    answer     integer,
    detail     text,
    unique (site, id)
) strict;
create index webhook_deliveries_by_webhook on webhook_deliveries (webhook, site, created_at, id);
create index webhook_deliveries_by_address on webhook_deliveries (site, address) where address is not null;
-- What the senders ask: the next one of each endpoint, and whether one is on its way.
create index webhook_deliveries_due  on webhook_deliveries (webhook, due_at, no) where status = 'queued';
create index webhook_deliveries_sending on webhook_deliveries (webhook) where status = 'sending';
create index webhook_deliveries_open on webhook_deliveries (webhook, status) where status in ('queued', 'sending', 'dead');

-- Somebody who is signed in to the dashboard in one browser. Of the random token in the browser's cookie only the hash
-- is here, so that a copy of this file signs nobody in. A row ends by signing out, by age, or with a new password.
create table sessions (
    token_hash blob    primary key check (length(token_hash) = 32),
    site       integer not null references sites (no),
    user       integer not null references users (no) on delete cascade,
    created_at integer not null,
    -- The last request, to about five minutes. It ends the session when it lies too far back.
    seen_at    integer not null
) strict, without rowid;
create index sessions_by_site on sessions (site);
create index sessions_by_user on sessions (user);

-- A link that opens one thing once: the set-up of the first user, a demo's dashboard, or the choice of a password. Of its random token only the
-- hash is here; the row goes when the link is used.
create table passes (
    token_hash blob    primary key check (length(token_hash) = 32),
    purpose    text    not null check (purpose in ('set_up', 'sign_in') or purpose = 'password'),
    -- Whom `sign_in` signs in, whose `password` is chosen. Null for `set_up`: nobody is there yet.
    user       integer references users (no) on delete cascade,
    ends_at    integer not null
) strict, without rowid;
create index passes_by_user on passes (user) where user is not null;

-- A customer that the shop knows: a loyalty member, or a contact that came with a cart.
create table customers (
    no          integer primary key,
    site        integer not null references sites (no),
    id          text    not null,
    email       text,
    address     text,
    -- The member's number in the loyalty interface: any text up to 64 characters; those we make are 16 digits.
    code        text,
    card_number text,
    first_name  text,
    last_name   text,
    phone       text,
    -- JSON object of further texts that a till keeps with a member: postal address, `custom_field_1` and so on.
    custom      text,
    created_at  integer not null,
    unique (site, id)
) strict;
create unique index customers_by_code on customers (site, code) where code is not null;
create index customers_by_address on customers (site, address) where address is not null;
create index customers_by_card on customers (site, card_number) where card_number is not null;
create index customers_by_phone on customers (site, phone) where phone is not null;
create index customers_by_age on customers (site, created_at, id);
-- What a person types to find a member: the beginning of a name, in either case as far as ASCII goes.
create index customers_by_first_name on customers (site, lower(first_name)) where first_name is not null;
create index customers_by_last_name on customers (site, lower(last_name)) where last_name is not null;

-- A cart. Its status is a consequence of the clock as much as of calls: `domain/carts.rs` says at which instant an
-- idle cart is abandoned or expires, and every write settles what fell due before it touches anything.
create table carts (
    no                 integer primary key,
    site               integer not null references sites (no),
    id                 text    not null,
    email              text,
    address            text,
    -- 1 once an e-mail address is or was known. It survives erasure, so that figures stand.
    identified         integer not null check (identified in (0, 1)),
    -- The shop's own name for the buyer; it need not be a row of `customers`.
    customer_id        text,
    session_id         text,
    -- The browser, by the random id that our script gave it. It has one open cart at a time.
    visitor            text,
    channel            text    not null check (channel in ('web', 'mobile') or channel in ('pos', 'api')),
    currency           text    not null,
    locale             text,
    -- total = subtotal - discount + tax + shipping, never below 0, in every cart that is changed here; an archive's
    -- carts come with the sums that they had.
    subtotal           integer not null,
    discount           integer not null,
    tax                integer not null,
    shipping           integer not null,
    total              integer not null,
    -- Sum of the items' quantities, and how many lines they stand on.
    item_count         integer not null,
    unique_item_count  integer not null,
    created_at         integer not null,
    -- Moves with every write, and with abandonment and expiry to the instant at which they happened.
    updated_at         integer not null,
    -- Moves when the visitor does something. Abandonment is timed from it.
    last_activity      integer not null,
    -- The last change of the items: tells a second order from a repeated confirmation.
    items_changed_at   integer not null,
    -- The first abandonment dates the figures; the latest times the letters. Both stay when the cart comes back.
    first_abandoned_at integer,
    abandoned_at       integer,
    status             text    not null check (status in ('active', 'abandoned') or status in ('converted', 'expired')),
    expires_at         integer not null,
    -- The next instant at which the clock alone changes the status. Null: never again, or an import holds the cart
    -- until its purchases are in.
    due_at             integer,
    restore_url        text,
    class              text    not null check (class in ('human', 'machine') or class = 'unknown'),
    -- The shop's order number, where it told us before the purchase.
    order_id           text,
    shipping_address   text,
    metadata           text,
    -- 1 once a letter about this cart was sent; 1 once a purchase recovered it. Both follow from other rows.
    emailed            integer not null default 0 check (emailed in (0, 1)),
    recovered          integer not null default 0 check (recovered in (0, 1)),
    -- 1 for a cart that an archive brought: no letter is written about it until its shopper does something here.
    imported           integer not null default 0 check (imported in (0, 1)),
    -- When the shop deleted it. What is left is a skeleton: times, amounts, whether identified, class, so that the
    -- figures stand. Lists and calls do not see it. Null: it is there.
    deleted_at         integer,
    -- Whether an address is known now: what a list can be filtered by.
    has_email          integer generated always as (address is not null) virtual,
    unique (site, id)
) strict;
-- The four orders in which carts are listed.
-- The first is the usual one. Behind its order it has all that a filter or a summary asks for, so that what does not
-- match is passed over, and all that matches is added up, without a look at the rows. Every write moves a cart in it
-- anyway; the others are left alone by most.
create index carts_by_update      on carts (site, updated_at, id, status, channel, class, deleted_at, has_email, currency, total,
                                            recovered, first_abandoned_at, created_at);
create index carts_by_creation    on carts (site, created_at, id);
create index carts_by_total       on carts (site, total, id);
create index carts_by_abandonment on carts (site, abandoned_at, id);
-- Exact filters, and the confirmation's look-up of an address's carts.
create index carts_by_address  on carts (site, address, last_activity) where address is not null;
create index carts_by_customer on carts (site, customer_id) where customer_id is not null;
create index carts_by_session  on carts (site, session_id) where session_id is not null;
create index carts_by_visitor  on carts (site, visitor, last_activity) where visitor is not null;
create index carts_by_order    on carts (site, order_id) where order_id is not null;
-- Counts by the first abandonment answer from the index alone.
create index carts_by_first_abandonment on carts (site, first_abandoned_at, class, identified) where first_abandoned_at is not null;
-- How many were made by machines.
create index carts_by_machines on carts (site) where class = 'machine';
-- What the clock's job asks every second.
create index carts_due on carts (due_at) where due_at is not null;

-- A line of a cart. `position` keeps the order in which lines were added.
create table cart_items (
    cart       integer not null references carts (no) on delete cascade,
    id         text    not null,
    position   integer not null,
    product_id text    not null,
    variant_id text,
    name       text,
    sku        text,
    quantity   integer not null check (quantity >= 1),
    unit_price integer not null check (unit_price >= 0),
    image_url  text,
    url        text,
    notes      text,
    metadata   text,
    primary key (cart, id)
) strict, without rowid;

-- A letter to one address, usually about one cart. The row is the outbox, the archive, and the record of what
-- became of it. The five flags count a letter once, however often it was opened; a machine's open is no open.
create table messages (
    no           integer primary key,
    site         integer not null references sites (no),
    id           text    not null,
    cart         integer references carts (no),
    sequence_id  text,
    -- 1 for the first letter of its sequence.
    step         integer not null,
    email        text,
    address      text,
    subject      text    not null,
    -- queued: waits for `due_at`. sending: claimed, and the transport may have it. unknown: it may have been taken,
    -- so it is not sent again by itself.
    status       text    not null check (status in ('queued', 'sending') or status in ('sent', 'failed') or status in ('cancelled', 'unknown')),
    created_at   integer not null,
    -- When it is looked at next, while it is queued.
    due_at       integer,
    -- How often the transport was asked.
    attempts     integer not null default 0,
    sent_at      integer,
    -- What the transport said last, or why the letter was cancelled.
    detail       text,
    opened       integer not null default 0 check (opened in (0, 1)),
    clicked      integer not null default 0 check (clicked in (0, 1)),
    bounced      integer not null default 0 check (bounced in (0, 1)),
    complained   integer not null default 0 check (complained in (0, 1)),
    unsubscribed integer not null default 0 check (unsubscribed in (0, 1)),
    unique (site, id),
    check (status <> 'sent' or sent_at is not null)
) strict;
create index messages_by_cart    on messages (cart) where cart is not null;
-- What a purchase looks for about its cart, so that letters that nobody touched are not read for it.
create index messages_engaged    on messages (cart, clicked) where opened = 1 or clicked = 1;
create index messages_by_address on messages (site, address, sent_at) where address is not null;
create index messages_by_sending on messages (site, sent_at) where sent_at is not null;
-- The order in which letters are listed.
create index messages_by_creation on messages (site, created_at, id);
-- What the sender asks every second.
create index messages_due on messages (due_at) where status = 'queued';
-- The queue of a shop, for its reports.
create index messages_queued on messages (site, due_at) where status = 'queued';
-- What a purchase or an unsubscribe takes out of the queue.
create index messages_waiting on messages (site, address) where status = 'queued';
-- Letters that stand somewhere, such as those that failed.
create index messages_by_status on messages (site, status, created_at, id);
create index messages_in_flight on messages (status) where status = 'sending';

-- What a letter said. Apart from the row, so that lists and figures never read it, and gone before the row is.
create table message_bodies (
    message integer primary key references messages (no) on delete cascade,
    -- The header lines as they were sent, one a line; absent in what an archive brought.
    headers text,
    html    text,
    text    text
) strict;

-- Where the links of a letter lead that pass through us: the letter has our address, this has the shop's. So a link
-- of ours leads nowhere but to what its own letter was about.
create table message_links (
    message  integer not null references messages (no) on delete cascade,
    -- As in the link: from 1, in the order of the cart's lines.
    position integer not null check (position >= 1),
    url      text    not null,
    primary key (message, position)
) strict, without rowid;

-- Evidence about a letter, each event with the rule that classed it. Rates count humans and unknowns.
create table message_events (
    no       integer primary key,
    message  integer not null references messages (no) on delete cascade,
    kind     text    not null check (kind in ('open', 'click') or kind in ('bounce', 'soft_bounce') or kind in ('complaint', 'unsubscribe')),
    at       integer not null,
    class    text    not null check (class in ('human', 'machine') or class = 'unknown'),
    rule     text,
    -- JSON object: what was seen, as raw as the law allows.
    evidence text
) strict;
create index message_events_by_message on message_events (message, at, no);

-- A step of a shop's own sequence of letters. A shop without any has the sequence that is shipped; what a step leaves
-- out (null) it says as shipped.
create table sequence_steps (
    site       integer not null references sites (no),
    step       integer not null check (step >= 1),
    -- Seconds after the abandonment.
    delay_secs integer not null check (delay_secs >= 0),
    active     integer not null check (active in (0, 1)),
    -- The least that a cart must be worth, minor units of its currency.
    minimum    integer not null check (minimum >= 0),
    -- The coupon that the letter shows, by its `id`. Coupons are never deleted.
    coupon_id  text,
    subject    text,
    html       text,
    text       text,
    updated_at integer not null,
    primary key (site, step)
) strict, without rowid;

-- A coupon: what it takes off which carts. It is switched off, never deleted, for letters and carts name it.
create table coupons (
    no             integer primary key,
    site           integer not null references sites (no),
    id             text    not null,
    name           text,
    type           text    not null check (type in ('percent', 'fixed')),
    -- 1 to 100 of `percent`; minor units of the currency for `fixed`.
    value          integer not null check (value >= 1),
    -- The one currency of its carts. Null: any, which a fixed amount and a minimum cannot do with.
    currency       text,
    -- The least that a cart's lines must add up to, minor units.
    minimum        integer not null check (minimum >= 0),
    -- Valid from the first instant on, and up to but not at the second.
    starts_at      integer,
    ends_at        integer,
    -- How long a code of the pool lives after it was given to a letter. Null: as long as the coupon.
    code_life_secs integer check (code_life_secs >= 1),
    -- How many purchases may use it, all codes together. Null: any number.
    use_limit      integer check (use_limit >= 1),
    -- How many did. Moves when a cart that took one of its codes is bought, once for each cart.
    uses           integer not null default 0 check (uses >= 0),
    active         integer not null check (active in (0, 1)),
    -- 1: each letter gets a code of its own out of those that the shop imported. 0: one code for all.
    pooled         integer not null check (pooled in (0, 1)),
    created_at     integer not null,
    unique (site, id),
    check (currency is not null or (type = 'percent' and minimum = 0))
) strict;

-- The codes of coupons: of a coupon for all its only one, of a pool all that were imported.
create table coupon_codes (
    no          integer primary key,
    site        integer not null references sites (no),
    coupon      integer not null references coupons (no),
    code        text    not null,
    -- The code trimmed and in upper case, by which it is found: people type codes in.
    matched     text    not null,
    -- When it was taken out of the pool for a letter; it never goes back, whatever becomes of the letter.
    assigned_at integer,
    -- From when on this code cannot be used any more, fixed when it is assigned.
    expires_at  integer,
    uses        integer not null default 0 check (uses >= 0),
    unique (site, matched)
) strict;
create index coupon_codes_by_coupon on coupon_codes (coupon, no);
-- The next code of a pool is the first one here.
create index coupon_codes_free on coupon_codes (coupon, no) where assigned_at is null;

-- Which code a letter shows. A letter that is tried again keeps the code that it was given.
create table message_coupons (
    message integer primary key references messages (no) on delete cascade,
    site    integer not null references sites (no),
    code    integer not null references coupon_codes (no),
    -- 1 for a code of a pool, which no second letter can get.
    single  integer not null check (single in (0, 1)),
    at      integer not null
) strict;
create unique index message_coupons_single on message_coupons (code) where single = 1;
create index message_coupons_by_code on message_coupons (code);
create index message_coupons_by_time on message_coupons (site, at);

-- The codes that a cart took, in the order of `position`, with what each takes off its lines as they are now. Their sum
-- is a part of the cart's `discount`; what is above it came with an archive or from the shop.
create table cart_coupons (
    cart       integer not null references carts (no) on delete cascade,
    code       integer not null references coupon_codes (no),
    position   integer not null,
    discount   integer not null check (discount >= 0),
    applied_at integer not null,
    primary key (cart, code)
) strict, without rowid;
create index cart_coupons_by_code on cart_coupons (code);

-- The codes with which a shop said that it sold, and that were counted for it, so that a sale which several doors tell of,
-- each in its own words, counts each code once. What its cart had taken counts with the cart and is not here.
create table purchase_coupons (
    purchase integer not null references purchases (no) on delete cascade,
    code     integer not null references coupon_codes (no),
    primary key (purchase, code)
) strict, without rowid;
create index purchase_coupons_by_code on purchase_coupons (code);

-- Why a letter was sent or not: one row each time that a due letter was looked at, unless nothing had changed since
-- the last time. `cartwright explain` prints them.
create table decisions (
    no          integer primary key,
    site        integer not null references sites (no),
    cart        integer not null references carts (no),
    sequence_id text    not null,
    step        integer not null,
    at          integer not null,
    outcome     text    not null check (outcome in ('send', 'skip') or outcome = 'wait'),
    -- A word of domain/letters.rs; `clear` when nothing stood against it.
    reason      text    not null,
    -- Until when, for `wait`.
    until       integer,
    message     integer references messages (no)
) strict;
create index decisions_by_site    on decisions (site, at);
-- The last letters that were handed over, which the breaker counts.
create index decisions_to_send    on decisions (site, at) where outcome = 'send';
create index decisions_by_cart    on decisions (cart, at, no);
create index decisions_by_message on decisions (message) where message is not null;

-- An address that is not written to. A row ends (`ended_at`), it is never deleted: the record of a wish stays.
-- `address_hash` is HMAC-SHA-256 under the site's `suppression_key`, and still works when the address is erased.
create table suppressions (
    no           integer primary key,
    site         integer not null references sites (no),
    email        text,
    address_hash blob    not null check (length(address_hash) = 32),
    reason       text    not null check (reason in ('unsubscribe', 'bounce') or reason in ('complaint', 'manual') or reason = 'import'),
    -- Through which door of ours it came, where that is known. A burst through the one that needs no key can be undone.
    source       text    check (source in ('link', 'page') or source = 'api'),
    message      integer references messages (no),
    at           integer not null,
    ended_at     integer
) strict;
-- One suppression at a time is in force for an address and a reason.
create unique index suppressions_in_force on suppressions (site, address_hash, reason) where ended_at is null;
-- The order in which they are listed, and what is known of one address.
create index suppressions_by_time on suppressions (site, at, address_hash, reason);
create index suppressions_by_address on suppressions (site, address_hash, at);
create index suppressions_by_message on suppressions (message) where message is not null;

-- What an address's owner agreed to or declined, with the wording that was shown. The newest row counts.
create table consents (
    no      integer primary key,
    site    integer not null references sites (no),
    email   text    not null,
    address text    not null,
    given   integer not null check (given in (0, 1)),
    wording text,
    at      integer not null,
    source  text    not null
) strict;
create index consents_by_address on consents (site, address, at, no);

-- Somebody whom the shop registered for its letters and text messages: one row an address. Whether letters go to the
-- address is what `suppressions` says; what its owner agreed to stands in `consents`.
create table subscribers (
    no            integer primary key,
    site          integer not null references sites (no),
    id            text    not null,
    email         text    not null,
    address       text    not null,
    name          text,
    -- As given, and its digits without a leading `00`: a number is one subscriber's.
    phone         text,
    phone_matched text,
    created_at    integer not null,
    -- When they left text messages. Null: subscribed to them, where there is a phone number.
    sms_ended_at  integer,
    unique (site, id),
    unique (site, address)
) strict;
create unique index subscribers_by_phone on subscribers (site, phone_matched) where phone_matched is not null;
create index subscribers_by_age on subscribers (site, created_at, id);

-- A sale. It is kept whether or not a cart matches, so that the order of arrival of carts and confirmations does
-- not matter. `reply` is what the first confirmation was told, and what every repeat is told again.
create table purchases (
    no             integer primary key,
    site           integer not null references sites (no),
    id             text    not null,
    -- The shop's number. Once its buyer is erased, `erased_` and the number's keyed hash, by which a repeat is known.
    order_id       text,
    email          text,
    address        text,
    cart           integer references carts (no),
    currency       text    not null,
    total          integer not null check (total >= 0),
    at             integer not null,
    source         text    not null,
    -- 1: a server holding a key said so. 0: a browser did.
    verified       integer not null check (verified in (0, 1)),
    -- 1 once a server and a browser both told of it: each sale is paired with one of the other kind at most.
    paired         integer not null default 0 check (paired in (0, 1)),
    reply          text    not null check (reply in ('recorded', 'no_cart') or reply = 'none_open'),
    -- The newest cart's number when this was recorded: tells a cart that was made later from one that was there, also
    -- within one second.
    last_cart      integer not null,
    -- The one cart that this purchase recovered, and the letter that did it; kept, whatever a setting says later.
    recovered_cart integer references carts (no),
    message        integer references messages (no),
    unique (site, id)
) strict;
create unique index purchases_by_order on purchases (site, order_id) where order_id is not null;
create unique index purchases_by_recovered_cart on purchases (recovered_cart) where recovered_cart is not null;
create index purchases_by_cart    on purchases (cart) where cart is not null;
create index purchases_by_message on purchases (message) where message is not null;
create index purchases_by_address on purchases (site, address, at) where address is not null;
create index purchases_by_time    on purchases (site, at, id);
create index purchases_recovering on purchases (site, at, no) where recovered_cart is not null;

-- Calls by which a shop's server confirmed purchases, or tried to, for its set-up page: code and time, and never the key.
-- Bounded per shop: the newest 100 that told of a sale, and the newest 100 that were refused.
create table confirmation_calls (
    no       integer primary key,
    site     integer not null references sites (no),
    at       integer not null,
    -- As it was answered, such as 100.
    code     integer not null,
    -- 1: for its fields or its key, so that it told of no sale.
    refused  integer not null check (refused in (0, 1)),
    -- The sale that it told of, for the first time or again.
    purchase integer references purchases (no) on delete set null
) strict;
create index confirmation_calls_by_site on confirmation_calls (site, refused, no);
create index confirmation_calls_by_purchase on confirmation_calls (purchase) where purchase is not null;

-- When a shop got its weekly report last: the vendor gives one in 7 days.
create table weekly_reports (
    site integer primary key references sites (no),
    at   integer not null
) strict;

-- What a shop's platform calls a cart, such as the tokens of Shopify's carts and checkouts, and the sale that came of it: its
-- messages come late and in any order. Each name stands for a cart, for a sale whose cart was not told of yet, or for both.
create table platform_names (
    site     integer not null references sites (no),
    -- Begins with the platform.
    name     text    not null,
    cart     integer references carts (no) on delete cascade,
    purchase integer references purchases (no) on delete cascade,
    -- The newest word under this name by the platform's clock: milliseconds since 1970, for two changes often fall into a second.
    told_ms  integer not null,
    primary key (site, name)
) strict, without rowid;
create index platform_names_by_cart     on platform_names (cart) where cart is not null;
create index platform_names_by_purchase on platform_names (purchase) where purchase is not null;

-- Ids of messages of platforms that were taken, so that the same one told again changes nothing. Kept for 7 days.
create table taken_messages (
    site integer not null references sites (no),
    id   text    not null,
    at   integer not null,
    primary key (site, id)
) strict, without rowid;
create index taken_messages_by_time on taken_messages (site, at);

-- Refunds that a platform told of before their orders. They become refunds when the order comes, and are dropped after 30 days.
create table waiting_refunds (
    site     integer not null references sites (no),
    id       text    not null,
    order_id text    not null,
    amount   integer not null check (amount > 0),
    currency text    not null,
    at       integer not null,
    primary key (site, id)
) strict, without rowid;
create index waiting_refunds_by_order on waiting_refunds (site, order_id);

-- Money given back. It lowers the revenue of the purchase's day, never its counts.
create table refunds (
    no       integer primary key,
    site     integer not null references sites (no),
    id       text    not null,
    purchase integer not null references purchases (no),
    amount   integer not null check (amount > 0),
    at       integer not null,
    unique (site, id)
) strict;
create index refunds_by_purchase on refunds (purchase);

-- A loyalty campaign. What its ledger counts follows from its kind: `points` points, `giftcard` and `earned` money
-- in the site's currency, `events` visits, `buyx` purchased pieces.
create table loyalty_campaigns (
    no                    integer primary key,
    site                  integer not null references sites (no),
    id                    text    not null,
    name                  text    not null,
    kind                  text    not null check (kind in ('points', 'giftcard') or kind in ('events', 'earned') or kind = 'buyx'),
    active                integer not null check (active in (0, 1)),
    created_at            integer not null,
    -- Decimal texts: points per major unit spent, and points per major unit of reward.
    points_ratio          text,
    reward_ratio          text,
    -- Minor units granted for each event.
    earned_per_event      integer,
    -- Of `buyx`: the product that is collected, as `product_id` or SKU of a cart's lines, and how many pieces of it buy a
    -- free one.
    product               text,
    buy_quantity          integer,
    -- What is earned from now on expires so many seconds later. Null: never. Each entry keeps the instant that it was
    -- earned with, so a change here touches nothing that is there.
    expires_after_secs    integer,
    earns_from_purchases  integer not null check (earns_from_purchases in (0, 1)),
    unique (site, id)
) strict;

-- The loyalty ledger: append-only, so no statement of this program updates or deletes a row of it (the triggers
-- below hold that), but for the erasure of a person, which empties `item` and `description` and nothing else. A balance
-- is sum(delta). An undo is an entry that names what it reverses, once at most.
create table loyalty_entries (
    no          integer primary key,
    site        integer not null references sites (no),
    id          text    not null,
    campaign    integer not null references loyalty_campaigns (no),
    customer    integer not null references customers (no),
    at          integer not null,
    -- What was done. A transaction is one that earned or redeemed; `expire` and `refund` take out what ran out of time,
    -- or what a purchase had earned that was given back.
    cause       text    not null check (cause in ('earn', 'redeem') or cause in ('reverse', 'expire') or cause = 'refund'),
    -- As shown: never negative; `redeemed` says which way it went.
    amount      integer not null check (amount >= 0),
    redeemed    integer not null check (redeemed in (0, 1)),
    -- What the balance moves by: amount, -amount when redeemed, and the opposite of the reversed entry's sign.
    delta       integer not null,
    -- When what was earned expires, as it was announced on that day. Null: never.
    expires_at  integer,
    item        text,
    description text,
    -- The `user_id` of whoever recorded it, as text: users come and go, the ledger stays.
    user        text,
    reverses    integer references loyalty_entries (no),
    purchase    integer references purchases (no),
    -- The refund that took it back, and what of it was not there to be taken: a balance does not go below zero.
    refund      integer references refunds (no),
    shortfall   integer not null default 0 check (shortfall >= 0),
    unique (site, id)
) strict;
create unique index loyalty_entries_reversing on loyalty_entries (reverses) where reverses is not null;
create unique index loyalty_entries_refunding on loyalty_entries (refund, campaign, customer) where refund is not null;
create index loyalty_entries_by_member   on loyalty_entries (campaign, customer, no, delta);
create index loyalty_entries_by_customer on loyalty_entries (customer, campaign);
create index loyalty_entries_by_time     on loyalty_entries (site, at, id);
create index loyalty_entries_by_campaign on loyalty_entries (campaign, at);
create index loyalty_entries_by_purchase on loyalty_entries (purchase) where purchase is not null;
create index loyalty_entries_expiring on loyalty_entries (site, campaign, customer, expires_at) where expires_at is not null;
create trigger loyalty_entries_are_never_changed before update on loyalty_entries
    when (new.item is not old.item and new.item is not null)
        or (new.description is not old.description and new.description is not null)
        or (new.no, new.site, new.id, new.campaign, new.customer, new.at, new.cause, new.amount, new.redeemed, new.delta,
            new.expires_at, new.user, new.reverses, new.purchase, new.refund, new.shortfall)
        is not (old.no, old.site, old.id, old.campaign, old.customer, old.at, old.cause, old.amount, old.redeemed, old.delta,
            old.expires_at, old.user, old.reverses, old.purchase, old.refund, old.shortfall)
begin
    select raise(abort, 'the loyalty ledger is append-only');
end;
create trigger loyalty_entries_are_never_deleted before delete on loyalty_entries
begin
    select raise(abort, 'the loyalty ledger is append-only');
end;

-- What a write of the REST interface was answered whose caller gave it an `Idempotency-Key`, written in the transaction
-- of that write and kept for a day: a repeat gets it again. No archive has them, for a day is soon over.
create table idempotency_keys (
    site        integer not null references sites (no),
    -- As the caller gave it; its keyed hash where it named somebody who is erased.
    key         text    not null,
    -- SHA-256 of method, target and body: the same key with another call is a conflict.
    fingerprint blob    not null check (length(fingerprint) = 32),
    status      integer not null,
    -- JSON. Null once what it told of was deleted; the key stays taken.
    body        text,
    created_at  integer not null,
    primary key (site, key)
) strict, without rowid;
-- What the clock's job asks: whose day is over.
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- What a member has in a campaign: sum(delta) of the ledger, moved in the transaction of every entry, so that nobody adds
-- up years to see a balance. `cartwright stats verify` adds up and compares.
create table loyalty_balances (
    site         integer not null references sites (no),
    campaign     integer not null references loyalty_campaigns (no),
    customer     integer not null references customers (no),
    balance      integer not null,
    -- The next instant at which something of it may expire. It can be too early, never too late. Null: nothing will.
    expires_next integer,
    primary key (campaign, customer)
) strict, without rowid;
create index loyalty_balances_by_site on loyalty_balances (site, campaign, customer);
create index loyalty_balances_by_customer on loyalty_balances (customer);
-- What the clock's job asks every second.
create index loyalty_balances_due on loyalty_balances (expires_next) where expires_next is not null;

-- What a call made that came with a reference of its caller's, so that the call is answered from it when it comes again.
create table loyalty_references (
    site      integer not null references sites (no),
    -- The user's name; blank for a key.
    caller    text    not null,
    call      text    not null,
    -- As the caller gave it; its keyed hash where it named somebody who is erased.
    reference text    not null,
    -- Public id of what was made.
    made      text    not null,
    at        integer not null,
    primary key (site, caller, call, reference)
) strict, without rowid;

-- The figures of a day in the site's zone, per currency, moved in the transaction of their cause and defined in
-- docs/definitions.md. `cartwright stats verify` recomputes them from the rows above. A sealed day's rows are gone
-- by retention; what stands here is then all there is.
create table daily_stats (
    site                 integer not null references sites (no),
    -- YYYY-MM-DD.
    day                  text    not null,
    currency             text    not null,
    abandoned            integer not null default 0,
    abandoned_identified integer not null default 0,
    recovered            integer not null default 0,
    recovered_revenue    integer not null default 0,
    purchases            integer not null default 0,
    revenue              integer not null default 0,
    sent                 integer not null default 0,
    opened               integer not null default 0,
    clicked              integer not null default 0,
    bounced              integer not null default 0,
    complained           integer not null default 0,
    unsubscribed         integer not null default 0,
    sealed               integer not null default 0 check (sealed in (0, 1)),
    primary key (site, day, currency)
) strict, without rowid;

-- Counts that lists and dashboards show, kept so that they cost nothing however many rows there are. The triggers below
-- move them with the rows, whoever writes those; `cartwright stats verify` counts anew and compares.

-- A shop's carts by what a list can be filtered by, without machines' and deleted ones: how many, how many of them were
-- ever abandoned and recovered, and the sum of their totals, minor units of the currency.
create table cart_counts (
    site           integer not null references sites (no),
    status         text    not null,
    channel        text    not null,
    has_email      integer not null,
    currency       text    not null,
    carts          integer not null,
    ever_abandoned integer not null,
    recovered      integer not null,
    total          integer not null,
    primary key (site, status, channel, has_email, currency)
) strict, without rowid;
-- A cart that is added is counted by the one function that adds it (store/carts.rs), for a trigger would have SQLite keep copies of all
-- pages that the insertion changes (docs/adr/0038). What happens to it from then on is counted by triggers.
create trigger carts_are_uncounted after delete on carts when old.class <> 'machine' and old.deleted_at is null
begin
    update cart_counts set carts = carts - 1, ever_abandoned = ever_abandoned - (old.first_abandoned_at is not null),
        recovered = recovered - old.recovered, total = total - old.total
    where site = old.site and status = old.status and channel = old.channel and has_email = (old.address is not null)
        and currency = old.currency;
end;
create trigger carts_are_recounted
    after update of status, total, recovered, address, first_abandoned_at, class, deleted_at, channel, currency on carts
    when new.status is not old.status or new.total is not old.total or new.recovered is not old.recovered
        or (new.address is null) is not (old.address is null)
        or (new.first_abandoned_at is null) is not (old.first_abandoned_at is null)
        or new.class is not old.class or new.deleted_at is not old.deleted_at
        or new.channel is not old.channel or new.currency is not old.currency
begin
    update cart_counts set carts = carts - 1, ever_abandoned = ever_abandoned - (old.first_abandoned_at is not null),
        recovered = recovered - old.recovered, total = total - old.total
    where old.class <> 'machine' and old.deleted_at is null and site = old.site and status = old.status
        and channel = old.channel and has_email = (old.address is not null) and currency = old.currency;
    insert into cart_counts (site, status, channel, has_email, currency, carts, ever_abandoned, recovered, total)
    select new.site, new.status, new.channel, new.address is not null, new.currency, 1, new.first_abandoned_at is not null,
           new.recovered, new.total
    where new.class <> 'machine' and new.deleted_at is null
    on conflict do update set carts = carts + 1, ever_abandoned = ever_abandoned + excluded.ever_abandoned,
        recovered = recovered + excluded.recovered, total = total + excluded.total;
end;

-- How many things happened in each hour. Hours are counted from the year 1, UTC; a window of instants takes the whole
-- hours that it contains from here, and the rows at either end.
--   abandoned    carts abandoned for the first time, without machines'
--   recovered    purchases that recovered a cart
--   customers    customers that became known
--   transactions entries of the ledger of one campaign that earned or redeemed and were not voided
create table hourly_counts (
    site     integer not null references sites (no),
    what     text    not null check (what in ('abandoned', 'recovered') or what in ('customers', 'transactions')),
    -- The campaign's number; 0 for what has none.
    campaign integer not null,
    hour     integer not null,
    count    integer not null,
    primary key (site, what, campaign, hour)
) strict, without rowid;
create trigger abandonments_are_uncounted after delete on carts when old.first_abandoned_at is not null and old.class <> 'machine'
begin
    update hourly_counts set count = count - 1
    where site = old.site and what = 'abandoned' and campaign = 0 and hour = (old.first_abandoned_at + 62135596800) / 3600;
end;
create trigger abandonments_are_recounted after update of first_abandoned_at, class on carts
    when new.first_abandoned_at is not old.first_abandoned_at or new.class is not old.class
begin
    update hourly_counts set count = count - 1
    where old.first_abandoned_at is not null and old.class <> 'machine'
        and site = old.site and what = 'abandoned' and campaign = 0 and hour = (old.first_abandoned_at + 62135596800) / 3600;
    insert into hourly_counts
    select new.site, 'abandoned', 0, (new.first_abandoned_at + 62135596800) / 3600, 1
    where new.first_abandoned_at is not null and new.class <> 'machine'
    on conflict do update set count = count + 1;
end;
create trigger recoveries_are_counted after insert on purchases when new.recovered_cart is not null
begin
    insert into hourly_counts values (new.site, 'recovered', 0, (new.at + 62135596800) / 3600, 1)
    on conflict do update set count = count + 1;
end;
create trigger recoveries_are_uncounted after delete on purchases when old.recovered_cart is not null
begin
    update hourly_counts set count = count - 1
    where site = old.site and what = 'recovered' and campaign = 0 and hour = (old.at + 62135596800) / 3600;
end;
create trigger recoveries_are_recounted after update of recovered_cart, at on purchases
    when (new.recovered_cart is null) is not (old.recovered_cart is null) or new.at is not old.at
begin
    update hourly_counts set count = count - 1
    where old.recovered_cart is not null
        and site = old.site and what = 'recovered' and campaign = 0 and hour = (old.at + 62135596800) / 3600;
    insert into hourly_counts
    select new.site, 'recovered', 0, (new.at + 62135596800) / 3600, 1 where new.recovered_cart is not null
    on conflict do update set count = count + 1;
end;
create trigger customers_are_counted after insert on customers
begin
    insert into hourly_counts values (new.site, 'customers', 0, (new.created_at + 62135596800) / 3600, 1)
    on conflict do update set count = count + 1;
end;
create trigger customers_are_uncounted after delete on customers
begin
    update hourly_counts set count = count - 1
    where site = old.site and what = 'customers' and campaign = 0 and hour = (old.created_at + 62135596800) / 3600;
end;
create trigger customers_are_recounted after update of created_at on customers when new.created_at is not old.created_at
begin
    update hourly_counts set count = count - 1
    where site = old.site and what = 'customers' and campaign = 0 and hour = (old.created_at + 62135596800) / 3600;
    insert into hourly_counts values (new.site, 'customers', 0, (new.created_at + 62135596800) / 3600, 1)
    on conflict do update set count = count + 1;
end;

-- How many transactions each member has, in all campaigns together.
create table member_counts (
    customer     integer primary key references customers (no),
    site         integer not null references sites (no),
    transactions integer not null
) strict;
create index member_counts_by_activity on member_counts (site, transactions);
create trigger transactions_are_counted after insert on loyalty_entries when new.cause in ('earn', 'redeem')
begin
    insert into hourly_counts values (new.site, 'transactions', new.campaign, (new.at + 62135596800) / 3600, 1)
    on conflict do update set count = count + 1;
    insert into member_counts values (new.customer, new.site, 1)
    on conflict do update set transactions = transactions + 1;
end;
-- An entry that voids another is no transaction, and takes the other's away.
create trigger transactions_are_uncounted after insert on loyalty_entries when new.reverses is not null
begin
    update hourly_counts set count = count - 1
    where (site, what, campaign, hour) = (select site, 'transactions', campaign, (at + 62135596800) / 3600 from loyalty_entries
                                          where no = new.reverses and cause in ('earn', 'redeem'));
    update member_counts set transactions = transactions - 1
    where customer = (select customer from loyalty_entries where no = new.reverses and cause in ('earn', 'redeem'));
end;
