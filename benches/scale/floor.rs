//! The floor to compare with: a bare actix-web server that runs the statements of the measured routes and nothing else.
//! No keys, no limits, no log, no rules; columns are read by number and written as JSON as they stand.

use std::cell::RefCell;
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use rusqlite::{Connection, OptionalExtension, named_params};
use serde::Serialize;
use tokio::sync::oneshot;

/// Serves the file until the process is killed. Says where on standard output.
pub fn serve(file: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("listens on http://{}", listener.local_addr().expect("an address"));
    let writer = start_writer(file);
    let file = file.to_owned();
    let server = HttpServer::new(move || {
        let reader = web::Data::new(RefCell::new(open(&file)));
        App::new()
            .app_data(reader)
            .app_data(web::Data::new(writer.clone()))
            .route("/fixed", web::get().to(|| async { HttpResponse::Ok().body("ok") }))
            .route("/page", web::get().to(page))
            .route("/confirm", web::get().to(confirm))
            .route("/insert", web::post().to(insert))
    });
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let running = server.workers(workers).listen(listener).expect("a listener").run();
    actix_web::rt::System::new().block_on(running).expect("a server");
}

/// A connection with the settings of the store's own, and more pages for each.
pub fn open(file: &Path) -> Connection {
    let conn = Connection::open(file).expect("the file");
    conn.execute_batch(
        "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;
         pragma secure_delete = on; pragma cache_size = -49152; pragma wal_autocheckpoint = 2000",
    )
    .expect("settings");
    conn.set_prepared_statement_cache_capacity(128);
    conn
}

#[derive(Serialize)]
struct Row {
    id: String,
    customer_id: Option<String>,
    email: Option<String>,
    status: String,
    channel: String,
    currency: String,
    item_count: i64,
    subtotal: i64,
    total: i64,
    abandoned_at: Option<i64>,
    last_activity: i64,
    created_at: i64,
}

#[derive(Serialize)]
struct Page {
    data: Vec<Row>,
    has_more: bool,
}

async fn page(reader: web::Data<RefCell<Connection>>) -> HttpResponse {
    let conn = reader.borrow();
    let mut statement = conn
        .prepare_cached(
            "select id, customer_id, email, status, channel, currency, item_count, subtotal, total, abandoned_at, last_activity, created_at
             from carts where site = 1 and class <> 'machine' order by updated_at desc, id desc limit 21",
        )
        .expect("a statement");
    let rows = statement.query_map([], |row| {
        Ok(Row {
            id: row.get(0)?,
            customer_id: row.get(1)?,
            email: row.get(2)?,
            status: row.get(3)?,
            channel: row.get(4)?,
            currency: row.get(5)?,
            item_count: row.get(6)?,
            subtotal: row.get(7)?,
            total: row.get(8)?,
            abandoned_at: row.get(9)?,
            last_activity: row.get(10)?,
            created_at: row.get(11)?,
        })
    });
    let mut data: Vec<Row> = rows.expect("rows").map(|row| row.expect("a row")).collect();
    let has_more = data.len() > 20;
    data.truncate(20);
    HttpResponse::Ok().json(Page { data, has_more })
}

/// What is written, and where the answer goes once it is on disk.
struct Job {
    work: Work,
    done: oneshot::Sender<()>,
}

enum Work {
    Confirm(String),
    Insert(String),
}

async fn confirm(request: HttpRequest, writer: web::Data<Sender<Job>>) -> HttpResponse {
    written(&writer, Work::Confirm(request.query_string().to_owned())).await
}

async fn insert(body: String, writer: web::Data<Sender<Job>>) -> HttpResponse {
    written(&writer, Work::Insert(body)).await
}

async fn written(writer: &Sender<Job>, work: Work) -> HttpResponse {
    let (done, answer) = oneshot::channel();
    writer.send(Job { work, done }).expect("a writer");
    answer.await.expect("an answer");
    HttpResponse::Ok().body("ok")
}

fn start_writer(file: &Path) -> Sender<Job> {
    let (jobs, queue) = channel();
    let conn = open(file);
    std::thread::spawn(move || write(&conn, &queue));
    jobs
}

/// Group commit as the store has it: whatever waits goes into one transaction, and is answered when it is on disk.
fn write(conn: &Connection, queue: &Receiver<Job>) {
    let mut number = conn.query_row("select max(no) from purchases", [], |row| row.get(0)).unwrap_or(0);
    while let Ok(first) = queue.recv() {
        let mut answers = Vec::new();
        let mut next = Some(first);
        conn.execute_batch("begin immediate").expect("a transaction");
        while let Some(job) = next {
            number += 1;
            match job.work {
                Work::Confirm(address) => confirmed(conn, &address, number),
                Work::Insert(address) => inserted(conn, &address, number),
            }
            .expect("written");
            answers.push(job.done);
            next = if answers.len() < 256 { queue.try_recv().ok() } else { None };
        }
        conn.execute_batch("commit").expect("on disk");
        answers.into_iter().for_each(|answer| answer.send(()).unwrap_or(()));
    }
}

/// The statements of a confirmation: the address's open cart, the purchase, the cart converted.
fn confirmed(conn: &Connection, address: &str, number: i64) -> rusqlite::Result<()> {
    let found: Option<(i64, i64, String)> = conn
        .prepare_cached(
            "select no, total, currency from carts
             where site = 1 and address = :address and status in ('active', 'abandoned') order by last_activity desc, no desc limit 1",
        )?
        .query_row(named_params! { ":address": address }, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (cart, total, currency) = found.map_or((None, 0, "USD".to_owned()), |(no, total, c)| (Some(no), total, c));
    conn.prepare_cached(
        "insert into purchases (site, id, email, address, cart, currency, total, at, source, verified, reply, last_cart)
         values (1, :id, :address, :address, :cart, :currency, :total, 1800000000, 'bench', 1, 'recorded', 0)",
    )?
    .execute(named_params! {
        ":id": format!("pur_bench_{number}"),
        ":address": address,
        ":cart": cart,
        ":currency": currency,
        ":total": total,
    })?;
    conn.prepare_cached("update carts set status = 'converted', updated_at = 1800000000, due_at = null where no = :no")?
        .execute(named_params! { ":no": cart })
        .map(drop)
}

/// A cart and its one line.
fn inserted(conn: &Connection, address: &str, number: i64) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "insert into carts (site, id, email, address, identified, visitor, session_id, channel, currency, subtotal, discount, tax, shipping, total,
             item_count, unique_item_count, created_at, updated_at, last_activity, items_changed_at, status, expires_at, due_at, class)
         values (1, :id, :address, :address, 1, :visitor, :visitor, 'web', 'USD', 100, 0, 0, 0, 100,
             1, 1, 1800000000, 1800000000, 1800000000, 1800000000, 'active', 1900000000, 1900000000, 'unknown')",
    )?
    .execute(named_params! { ":id": format!("cart_bench_{number}"), ":visitor": format!("visitor-{number}"), ":address": address })?;
    conn.prepare_cached(
        "insert into cart_items (cart, id, position, product_id, name, quantity, unit_price)
         values (:cart, :id, 1, 'product-1', 'A thing of some length', 1, 100)",
    )?
    .execute(named_params! { ":cart": conn.last_insert_rowid(), ":id": format!("ci_bench_{number}") })
    .map(drop)
}
