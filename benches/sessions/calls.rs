//! Create and consume, by pgbench and by the server.

use std::cell::Cell;

use anyhow::ensure;
use playhouse::sessions::sql;

use crate::support::{
    CLIENTS,
    http::{self, Requests},
    pgbench::Pgbench,
    server::Server,
    stage::Stage,
    window::Measured,
};

/// The part of a run that counts.
const SECONDS: u64 = 2;
/// Sessions that each client finds to consume in a run; more than it can.
const SHARE: u64 = 5_000;
const REFERENCE: &str = "user-12345";
const PLAYER: &str = "0b6b0b9e-6d52-4b0e-8a53-6a6a4b1c2d3e";

/// The two calls on a stage, and how many of them there were.
pub(crate) struct Calls<'a> {
    stage: &'a Stage,
    pgbench: Pgbench,
    /// The first number of the sessions that were not yet handed out to be consumed.
    next: Cell<u64>,
    by_pgbench: Cell<u64>,
    by_server: Cell<u64>,
    transactions_before: i64,
}

impl<'a> Calls<'a> {
    pub(crate) async fn prepare(stage: &'a Stage) -> anyhow::Result<Self> {
        let pgbench = Pgbench::find(stage).await?;
        // Housekeeping would hit one side or the other by chance; what it is for is done between the rounds.
        stage.execute("alter table game_sessions set (autovacuum_enabled = off)").await?;
        stage.execute("alter table session_tokens set (autovacuum_enabled = off)").await?;
        let transactions_before = transactions(stage).await?;
        let zero = || Cell::new(0);
        Ok(Self { stage, pgbench, next: zero(), by_pgbench: zero(), by_server: zero(), transactions_before })
    }

    /// Floor and server, creating.
    pub(crate) async fn create_round(
        &self,
        server: &Server,
        server_first: bool,
    ) -> anyhow::Result<(Measured, Measured)> {
        let created = async || self.stage.number("select count(*) from game_sessions").await;
        let before = created().await?;
        let counted = self.by_pgbench.get() + self.by_server.get();
        let round = self.round(server_first, async || self.create_floor().await, async || self.create(server).await);
        let round = round.await?;
        let called = self.by_pgbench.get() + self.by_server.get() - counted;
        ensure!(created().await? - before == i64::try_from(called)?, "not every call created a session");
        Ok(round)
    }

    /// Floor and server, consuming sessions that nobody has consumed.
    pub(crate) async fn consume_round(
        &self,
        server: &Server,
        server_first: bool,
    ) -> anyhow::Result<(Measured, Measured)> {
        let consumed = async || self.stage.number("select count(*) from game_sessions where status = 'consumed'").await;
        let before = consumed().await?;
        let counted = self.by_pgbench.get() + self.by_server.get();
        let round = self.round(server_first, async || self.consume_floor().await, async || self.consume(server).await);
        let round = round.await?;
        let called = self.by_pgbench.get() + self.by_server.get() - counted;
        ensure!(consumed().await? - before == i64::try_from(called)?, "not every call consumed a session");
        Ok(round)
    }

    /// The least that the server can do.
    pub(crate) async fn hello(&self, server: &Server) -> anyhow::Result<Measured> {
        let clients = vec![Requests::same("GET", "/livez", &[], ""); CLIENTS];
        Ok(http::load(server.address, clients, (Some(server.pid), None), SECONDS).await?.0)
    }

    /// Transactions of the server, its work behind the requests included, for each create and consume; it has stopped.
    pub(crate) async fn transactions_per_call(&self) -> anyhow::Result<f64> {
        let all = transactions(self.stage).await? - self.transactions_before;
        Ok((all as f64 - self.by_pgbench.get() as f64) / self.by_server.get() as f64)
    }

    async fn round(
        &self,
        server_first: bool,
        floor: impl AsyncFn() -> anyhow::Result<Measured>,
        server: impl AsyncFn() -> anyhow::Result<Measured>,
    ) -> anyhow::Result<(Measured, Measured)> {
        self.stage.execute("vacuum analyze game_sessions, session_tokens").await?;
        self.stage.execute("checkpoint").await?;
        if server_first {
            let served = server().await?;
            return Ok((floor().await?, served));
        }
        Ok((floor().await?, server().await?))
    }

    async fn create_floor(&self) -> anyhow::Result<Measured> {
        let tenant = &self.stage.tenant;
        // What the server makes up itself and pgbench cannot, Postgres makes up: the token and the two instants.
        let (org, key, game) = (":org", ":key", ":game");
        let arguments =
            [org, key, "gen_random_uuid()", game, "null", ":ref", "null", "now()", "now() + interval '1 day'"];
        let set = format!("\\set org {}\n\\set key {}\n\\set game {}", tenant.org, tenant.key_id, tenant.game);
        self.floor((sql::CREATE, &arguments, &set), &[("ref", REFERENCE)]).await
    }

    async fn create(&self, server: &Server) -> anyhow::Result<Measured> {
        let tenant = &self.stage.tenant;
        let body = format!("{{\"game_id\":{},\"external_ref\":\"{REFERENCE}\"}}", tenant.game);
        let head = [("x-api-key", tenant.key.expose())];
        let request = Requests::same("POST", "/api/org-api-keys/sessions", &head, &body);
        self.serve(server, vec![request; CLIENTS]).await
    }

    async fn consume_floor(&self) -> anyhow::Result<Measured> {
        let first = self.make_sessions().await?;
        let set = format!("\\set n {first} + :client_id * {SHARE} + :i\n\\set i :i + 1");
        let arguments = ["md5(:n::text)::uuid", ":player", "now()"];
        self.floor((sql::CONSUME, &arguments, &set), &[("i", "0"), ("player", PLAYER)]).await
    }

    async fn consume(&self, server: &Server) -> anyhow::Result<Measured> {
        let first = self.make_sessions().await?;
        let body = format!("{{\"player_uuid\":\"{PLAYER}\"}}");
        let mut clients = Vec::new();
        for client in 0..CLIENTS as u64 {
            let path = format!("/api/org-api-keys/sessions/{:036}/consume", 0);
            let tokens = self.tokens(first + client * SHARE).await?;
            clients.push(Requests::same("POST", &path, &[], &body).each(&format!("{:036}", 0), tokens)?);
        }
        self.serve(server, clients).await
    }

    async fn floor(&self, statement: (&str, &[&str], &str), variables: &[(&str, &str)]) -> anyhow::Result<Measured> {
        let (measured, calls) = self.pgbench.run(&self.stage.folder, statement, variables, SECONDS).await?;
        self.by_pgbench.set(self.by_pgbench.get() + calls);
        Ok(measured)
    }

    async fn serve(&self, server: &Server, clients: Vec<Requests>) -> anyhow::Result<Measured> {
        let processes = (Some(server.pid), self.stage.postmaster);
        let (measured, calls) = http::load(server.address, clients, processes, SECONDS).await?;
        self.by_server.set(self.by_server.get() + calls);
        Ok(measured)
    }

    /// Makes sessions for one run, whose tokens follow from their numbers so that pgbench can name them too, and tells
    /// the first number. Like real tokens they are scattered over the index.
    async fn make_sessions(&self) -> anyhow::Result<u64> {
        let (first, count) = (self.next.get(), SHARE * CLIENTS as u64);
        let tenant = &self.stage.tenant;
        self.stage
            .execute(&format!(
                "with fresh as (insert into game_sessions (property_id, organization_id, game_id, external_ref, \
                 org_api_key_id, expires_at, created_at, updated_at) \
                 select '{}', {}, {}, '{REFERENCE}', {}, now() + interval '1 day', now(), now() \
                 from generate_series(1, {count}) returning property_id, id) \
                 insert into session_tokens (token, property_id, session_id) \
                 select md5((row_number() over (order by id) + {first} - 1)::text)::uuid, property_id, id from fresh",
                tenant.property, tenant.org, tenant.game, tenant.key_id
            ))
            .await?;
        self.next.set(first + count);
        Ok(first)
    }

    /// The tokens of one client.
    async fn tokens(&self, first: u64) -> anyhow::Result<Vec<String>> {
        let sql = format!(
            "select md5(n::text)::uuid::text as text from generate_series({first}, {}) n order by n",
            first + SHARE - 1
        );
        self.stage.texts(&sql).await
    }
}

/// Transactions that the stage's database has seen. A connection tells its own when it closes or has rested.
async fn transactions(stage: &Stage) -> anyhow::Result<i64> {
    stage.number("select xact_commit from pg_stat_database where datname = current_database()").await
}
