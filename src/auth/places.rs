//! In which properties a user may work, and in which role.
//!
//! A membership is of one property, or of an organisation and so of all its properties. Answers are remembered for
//! [`REMEMBERED`], counted from before the database was asked: so much later at the latest a user who was removed is
//! refused.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use moka::sync::Cache;
use sea_orm::{DatabaseConnection, DbBackend, FromQueryResult, Statement};
use uuid::Uuid;

use crate::{
    auth::{
        member::{Role, User},
        token::IssuerKind,
    },
    error::ApiError,
    tenant::{OrgId, PropertyId},
};

/// How long an answer is believed.
pub const REMEMBERED: Duration = Duration::from_secs(3);
/// Places that one answer holds at most; a user of more has to name the property.
pub const MOST: usize = 100;

/// A property that a user may work in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The property.
    pub property: PropertyId,
    /// Its organisation.
    pub organization: OrgId,
    /// Its name.
    pub name: String,
    /// What the user is there: the highest of the roles, where several memberships meet.
    pub role: Role,
}

/// Somebody's places: one property that was asked for, or all.
type Question = (IssuerKind, String, Option<Uuid>);

/// The memberships, as far as requests have asked for them lately.
#[derive(Debug)]
pub struct Places {
    db: DatabaseConnection,
    remembered: Cache<Question, (Instant, Arc<[Place]>)>,
}

impl Places {
    /// Nothing is known yet.
    pub fn new(db: DatabaseConnection) -> Self {
        let remembered = Cache::builder().max_capacity(50_000).time_to_live(REMEMBERED).build();
        Self { db, remembered }
    }

    /// The places of a user, by name: all, up to one more than [`MOST`], or only the one that is asked for.
    pub async fn of(&self, user: &User, only: Option<PropertyId>) -> Result<Arc<[Place]>, ApiError> {
        let question = (user.issuer, user.subject.clone(), only.map(|property| property.0));
        let asked = Instant::now();
        if let Some((since, places)) = self.remembered.get(&question)
            && asked.duration_since(since) < REMEMBERED
        {
            return Ok(places);
        }
        let places = self.ask(&question).await?;
        self.remembered.insert(question, (asked, places.clone()));
        Ok(places)
    }

    async fn ask(&self, (issuer, subject, only): &Question) -> Result<Arc<[Place]>, ApiError> {
        const ALL: &str = "select p.id, p.organization_id, p.name, array_agg(m.role) as roles \
             from memberships m join properties p \
             on p.organization_id = m.organization_id and (m.property_id is null or m.property_id = p.id) \
             where m.issuer = $1 and m.subject = $2 group by p.id order by p.name, p.id limit $3";
        const ONE: &str = "select p.id, p.organization_id, p.name, array_agg(m.role) as roles \
             from properties p join memberships m \
             on p.organization_id = m.organization_id and (m.property_id is null or m.property_id = p.id) \
             where m.issuer = $1 and m.subject = $2 and p.id = $3 group by p.id";
        let most = i64::try_from(MOST).expect("a small number") + 1;
        let (sql, last) = only.map_or((ALL, most.into()), |property| (ONE, property.into()));
        let values = [issuer.as_str().into(), subject.as_str().into(), last];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        let rows = Row::find_by_statement(statement).all(&self.db).await?;
        Ok(rows.into_iter().filter_map(Row::place).collect())
    }
}

#[derive(Debug, FromQueryResult)]
struct Row {
    id: Uuid,
    organization_id: i32,
    name: String,
    roles: Vec<String>,
}

impl Row {
    fn place(self) -> Option<Place> {
        let role = self.roles.iter().filter_map(|word| Role::parse(word)).max()?;
        let (property, organization) = (PropertyId(self.id), OrgId(self.organization_id));
        Some(Place { property, organization, name: self.name, role })
    }
}
