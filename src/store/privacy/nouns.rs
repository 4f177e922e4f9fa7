//! Noun by noun: what a copy for a person shows of its rows, and what makes these rows name nobody. What a column has no
//! statement for is said in the table of tests/privacy, where every column of the schema has a line.

/// Rows of a noun that are about a person, and what makes them name nobody.
pub(super) struct Noun {
    pub(super) name: &'static str,
    pub(super) kept: &'static str,
    pub(super) forget: &'static [&'static str],
}

/// What is found by the rows' numbers. In this order: what hangs on a row before the row itself.
pub(super) const OF_ROWS: &[Noun] = &[
    Noun {
        name: "message_events",
        kept: "select m.id as message, e.kind, e.at, e.class, e.rule, e.evidence
               from message_events e join messages m on m.no = e.message
               where +m.site = :site and e.message in (select value from json_each(:letters)) order by e.no",
        forget: &["update message_events set evidence = null
                   where message in (select value from json_each(:letters)) and evidence is not null"],
    },
    Noun {
        name: "message_links",
        kept: "select m.id as message, l.position, l.url from message_links l join messages m on m.no = l.message
               where +m.site = :site and l.message in (select value from json_each(:letters))
               order by m.no, l.position",
        forget: &["delete from message_links where message in (select value from json_each(:letters))"],
    },
    Noun {
        name: "coupons_given",
        kept: "select m.id as message, k.code, g.at from message_coupons g join messages m on m.no = g.message
               join coupon_codes k on k.no = g.code
               where +g.site = :site and g.message in (select value from json_each(:letters)) order by g.at",
        // Which code went out stays, for it is used up; its letter names nobody any more.
        forget: &[],
    },
    Noun {
        name: "messages",
        kept: "select m.id, c.id as cart, m.sequence_id, m.step, m.email, m.subject, m.status, m.created_at, m.sent_at,
                      m.detail, m.opened, m.clicked, m.bounced, m.complained, m.unsubscribed, b.headers, b.html, b.text
               from messages m left join carts c on c.no = m.cart left join message_bodies b on b.message = m.no
               where +m.site = :site and m.no in (select value from json_each(:letters)) order by m.no",
        // One that is on its way stays so: whoever has it settles it, and keeps nothing that names anybody.
        forget: &[
            "delete from message_bodies where message in (select value from json_each(:letters))",
            "update messages set email = null, address = null, subject = '', detail = null, due_at = null,
                    status = case status when 'queued' then 'cancelled' else status end
             where +site = :site and no in (select value from json_each(:letters))",
        ],
    },
    Noun {
        name: "decisions",
        kept: "select c.id as cart, d.sequence_id, d.step, d.at, d.outcome, d.reason, d.until
               from decisions d join carts c on c.no = d.cart
               where +d.site = :site and d.cart in (select value from json_each(:carts)) order by d.no",
        // A step, an instant and a word of ours.
        forget: &[],
    },
    Noun {
        name: "platform_names",
        kept: "select name, told_ms from platform_names where +site = :site and cart in (select value from json_each(:carts))
               union select name, told_ms from platform_names
                   where +site = :site and purchase in (select value from json_each(:sales))
               order by name",
        forget: &[
            "delete from platform_names where +site = :site and cart in (select value from json_each(:carts))",
            "delete from platform_names where +site = :site and purchase in (select value from json_each(:sales))",
        ],
    },
    Noun {
        name: "refunds",
        kept: "select r.id, p.id as purchase, r.amount, r.at from refunds r join purchases p on p.no = r.purchase
               where +r.site = :site and r.purchase in (select value from json_each(:sales)) order by r.no",
        forget: &[],
    },
    Noun {
        name: "purchases",
        kept: "select p.id, p.order_id, p.email, c.id as cart, p.currency, p.total, p.at, p.source, p.verified
               from purchases p left join carts c on c.no = p.cart
               where +p.site = :site and p.no in (select value from json_each(:sales)) order by p.no",
        // In the place of the order's number comes its hash, by the operation.
        forget: &["update purchases set email = null, address = null
                   where +site = :site and no in (select value from json_each(:sales))"],
    },
    Noun {
        name: "cart_items",
        kept: "select c.id as cart, i.id, i.product_id, i.variant_id, i.name, i.sku, i.quantity, i.unit_price, i.image_url,
                      i.url, i.notes, i.metadata
               from cart_items i join carts c on c.no = i.cart
               where +c.site = :site and i.cart in (select value from json_each(:carts)) order by c.no, i.position",
        // They go with their carts.
        forget: &[],
    },
    Noun {
        name: "carts",
        kept: "select id, email, customer_id, session_id, visitor, channel, currency, locale, subtotal, discount, tax, shipping,
                      total, item_count, created_at, updated_at, last_activity, first_abandoned_at, abandoned_at, status,
                      restore_url, class, order_id, shipping_address, metadata
               from carts where +site = :site and no in (select value from json_each(:carts)) order by no",
        // Stripped by the operation that deletes a cart.
        forget: &[],
    },
    Noun {
        name: "loyalty_entries",
        kept: "select e.id, g.id as campaign, e.at, e.cause, e.amount, e.redeemed, e.delta, e.expires_at, e.item,
                      e.description, e.user
               from loyalty_entries e join loyalty_campaigns g on g.no = e.campaign
               where +e.site = :site and e.customer in (select value from json_each(:members)) order by e.no",
        forget: &["update loyalty_entries set item = null, description = null
                   where +site = :site and customer in (select value from json_each(:members))
                     and (item is not null or description is not null)"],
    },
    Noun {
        name: "customers",
        kept: "select id, email, code, card_number, first_name, last_name, phone, custom, created_at from customers
               where +site = :site and no in (select value from json_each(:members)) order by no",
        // The row stays, for the ledger and the count of customers do. Our own kind of id takes the shop's place.
        forget: &["update customers set id = 'erased_' || lower(hex(randomblob(8))), email = null, address = null,
                          code = null, card_number = null, first_name = null, last_name = null, phone = null, custom = null
                   where +site = :site and no in (select value from json_each(:members))"],
    },
];

/// What is found by the matched address.
pub(super) const OF_ADDRESS: &[Noun] = &[
    Noun {
        name: "consents",
        kept: "select email, given, wording, at, source from consents where site = :site and address = :address
               order by no",
        forget: &["delete from consents where site = :site and address = :address"],
    },
    Noun {
        name: "subscribers",
        kept: "select id, email, name, phone, created_at, sms_ended_at from subscribers
               where site = :site and address = :address",
        forget: &["delete from subscribers where site = :site and address = :address"],
    },
    Noun {
        name: "webhook_deliveries",
        kept: "select id, event, body, status, created_at, tried_at, answer, detail from webhook_deliveries
               where site = :site and address = :address order by no",
        forget: &["delete from webhook_deliveries where site = :site and address = :address"],
    },
];
