//! Everything that requests and workers share: settings, connections, time, and what is kept in memory.

use std::{
    ops::Deref,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{
        changes::{ChangeLog, Trust},
        credentials::Credentials,
        org_key::OrgKey,
        places::Places,
        property_key::PropertyKey,
        token::{IssuerKind, IssuerSettings, Issuers, development::DevelopmentIssuer},
    },
    clock::Clock,
    config::{Config, Environment},
    database,
    error::ApiError,
    figures::Figures,
    http::Metrics,
    limits::{Quotas, Returns, public::PublicThrottle},
    openapi::Documents,
    outside::Outside,
    queue::Dialer,
    sealing::{self, Sealer},
    tables::{serve::Plans, sql::keyset::Signer},
    tenant_pool::TenantPool,
    trail::Trail,
    webhooks::{self, Guard, Sender, alarm::Alarm},
};

/// A running installation, as one replica sees it; clones are the same one.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What an [`App`] holds.
pub struct Shared {
    /// The settings.
    pub config: Config,
    /// The beginning of every link that is handed out.
    pub base_url: String,
    /// Where the time comes from.
    pub clock: Clock,
    /// The connections of requests.
    pub db: DatabaseConnection,
    /// The connections of the quotas' counters.
    pub counters: DatabaseConnection,
    /// The connections of the work behind requests.
    pub background: DatabaseConnection,
    /// Organisation keys in memory.
    pub org_keys: Arc<Credentials<OrgKey>>,
    /// Keys of properties in memory.
    pub property_keys: Arc<Credentials<PropertyKey>>,
    /// Where users may work.
    pub places: Places,
    /// This replica's place in the log of credential changes.
    pub changes: ChangeLog,
    /// The connections of statements on the data of tenants.
    pub tenants: TenantPool,
    /// Statements of reads that were asked before.
    pub plans: Plans,
    /// What signs the cursors of lists.
    pub cursors: Signer,
    /// What seals secrets at rest.
    pub sealer: Sealer,
    /// What sends to endpoints.
    pub sender: Sender,
    /// Who may have something to hear.
    pub alarm: Alarm,
    /// The connections of queues.
    pub queues: Arc<Dialer>,
    /// Figures of deliveries.
    pub deliveries: webhooks::worker::Figures,
    /// Quotas of keys and addresses.
    pub quotas: Arc<Quotas>,
    /// The throttle of calls without credential.
    pub public: PublicThrottle,
    /// Who signs users' tokens.
    pub issuers: Issuers,
    /// The audit trail, before it is written.
    pub trail: Trail,
    /// The figures of this process.
    pub metrics: Arc<Metrics>,
    /// Gauges that are read on demand.
    pub figures: Figures,
    /// Set once: no new work, finish what runs.
    pub draining: CancellationToken,
    /// Whether the schema was what this program needs when last asked.
    pub(crate) schema_current: AtomicBool,
    returns: Mutex<Option<Returns>>,
    documents: OnceLock<Documents>,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A connection that hangs must not keep the process.
const CLOSE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);

impl App {
    /// Builds an app over the database of a URL; nothing runs yet.
    pub fn build(config: Config, database_url: &str, outside: Outside) -> anyhow::Result<Self> {
        let Outside { clock, names } = outside;
        let pools = database::connect(database_url, &config.database)?;
        let trust = Arc::new(Trust::default());
        let org_keys = Arc::new(Credentials::new(pools.requests.clone(), trust.clone()));
        let property_keys = Arc::new(Credentials::new(pools.requests.clone(), trust.clone()));
        let changes = ChangeLog::new(pools.background.clone(), trust, org_keys.clone(), property_keys.clone());
        let (quotas, returns) = Quotas::new(pools.counters.clone());
        let quotas = Arc::new(quotas);
        let limit = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let public = PublicThrottle::new(
            quotas.clone(),
            limit(config.limits.public_per_minute),
            limit(config.limits.public_unknown_per_minute),
        );
        let development = match config.auth.dev_issuer {
            true => Some(Arc::new(DevelopmentIssuer::open(&config.data.directory)?)),
            false => None,
        };
        let issuers = Issuers::new(issuers(&config), development, clock.clone())?;
        let tenants = TenantPool::new(database_url, &config.database)?;
        let metrics = Arc::new(Metrics::new());
        metrics.register(tenants.figures());
        quotas.figures().into_iter().for_each(|figure| metrics.register(figure));
        metrics.register(org_keys.loads_figure());
        metrics.register(property_keys.loads_figure());
        let key = sealing::installation_key(&config)?;
        let (cursors, sealer) = (Signer::new(key.expose().as_bytes()), Sealer::new(&key)?);
        let sender = Sender::with(&config.webhooks, Guard::with(&config.webhooks, names), &[])?;
        let queues = Arc::new(Dialer::new(database_url, &config.database)?);
        Ok(Self(Arc::new(Shared {
            base_url: config.base_url(),
            config,
            clock,
            places: Places::new(pools.requests.clone()),
            db: pools.requests,
            counters: pools.counters,
            background: pools.background,
            org_keys,
            property_keys,
            tenants,
            plans: Plans::default(),
            cursors,
            sealer,
            sender,
            alarm: Alarm::default(),
            queues,
            deliveries: webhooks::worker::Figures::register(&metrics),
            changes,
            quotas,
            public,
            issuers,
            trail: Trail::default(),
            figures: Figures::register(&metrics),
            metrics,
            draining: CancellationToken::new(),
            schema_current: AtomicBool::new(false),
            returns: Mutex::new(Some(returns)),
            documents: OnceLock::new(),
        })))
    }

    /// Fails with what to do when the server may not work as its roles.
    pub async fn require_role(&self) -> anyhow::Result<()> {
        let sentence = |role: &str| {
            format!(
                "the database cannot be used as {role}; for a user other than the migrating one: GRANT {role} TO it"
            )
        };
        let (role, workers) = (database::RUNTIME_ROLE, database::WORKER_ROLE);
        self.background.execute_unprepared("select 1").await.with_context(|| sentence(role))?;
        // The connections of queues are made when they are needed, and their work has nobody who waits for it.
        let becomes = format!("set role {workers}; set role {role}");
        self.background.execute_unprepared(&becomes).await.map(drop).with_context(|| sentence(workers))
    }

    /// Whether this replica may be sent requests: not draining, schema up to date, change log read (and so the database there), issuers' keys loaded.
    pub fn ready(&self) -> Result<(), ApiError> {
        if self.draining.is_cancelled() {
            return Err(ApiError::unavailable("This server is stopping"));
        }
        if !self.schema_current.load(Ordering::Acquire) {
            return Err(ApiError::unavailable("The database does not have the schema that this server needs"));
        }
        // The log is read from the database every second, so this answers for the database too.
        if !self.changes.is_current() {
            return Err(ApiError::unavailable("The log of credential changes cannot be read"));
        }
        if !self.issuers.ready() {
            return Err(ApiError::unavailable("The keys of a token issuer have not been loaded yet"));
        }
        Ok(())
    }
}

impl Shared {
    /// The OpenAPI documents, made when first asked for.
    pub fn documents(&self) -> &Documents {
        self.documents.get_or_init(|| crate::documents::documents(&self.base_url))
    }

    /// Unused units of quotas, for the one worker that gives them back.
    pub(crate) async fn take_returns(&self) -> Option<Returns> {
        self.returns.lock().await.take()
    }

    /// Closes the connections; nothing can be asked of the app afterwards.
    pub async fn close(&self) {
        if tokio::time::timeout(CLOSE_TIMEOUT, self.tenants.close()).await.is_err() {
            tracing::debug!("connections of tenants did not close in time");
        }
        for db in [&self.db, &self.counters, &self.background] {
            match tokio::time::timeout(CLOSE_TIMEOUT, db.close_by_ref()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "a pool did not close cleanly"),
                Err(_) => tracing::debug!("a pool did not close in time"),
            }
        }
    }
}

/// The issuers that the settings name.
fn issuers(config: &Config) -> Vec<IssuerSettings> {
    let (clerk, cognito) = (&config.auth.clerk, &config.auth.cognito);
    let named = [
        (IssuerKind::Clerk, &clerk.issuer, &clerk.jwks_url, &clerk.authorized_parties),
        (IssuerKind::Cognito, &cognito.issuer, &cognito.jwks_url, &cognito.client_ids),
    ];
    let allow_http = config.environment != Environment::Production;
    let settings = |(kind, issuer, jwks_url, parties): (_, &Option<String>, &Option<String>, &Vec<String>)| {
        let (issuer, jwks_url) = (issuer.clone()?, jwks_url.clone()?);
        Some(IssuerSettings { kind, issuer, jwks_url, parties: parties.clone(), allow_http })
    };
    named.into_iter().filter_map(settings).collect()
}
