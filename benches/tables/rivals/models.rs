//! SeaORM models and serde, in a transaction that names the tenant.
#![expect(clippy::disallowed_methods, reason = "the queries name their property")]

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{consent, player};
use playhouse::{
    app::App,
    error::ApiError,
    tenant::{self, PropertyId},
};
use poem::{Endpoint, Request, Response, Result};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
    prelude::{Date, DateTimeUtc, Decimal, Json, Uuid},
};
use serde::Serialize;

use super::{NewPlayer, admit, body};
use crate::question::Question;

/// One endpoint.
pub(super) struct Models(pub(super) Question);

impl Endpoint for Models {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let app = request.data::<App>().cloned().ok_or_else(ApiError::internal)?;
        let property = admit(&app, &request).await?;
        let new: Option<(NewPlayer, DateTime<Utc>)> = match self.0 {
            Question::Create => Some((body(&mut request).await?, app.clock.now())),
            _ => None,
        };
        let id = request.raw_path_param("id").and_then(|id| id.parse().ok()).unwrap_or_default();
        let txn = tenant::begin(&app.db, property).await.map_err(ApiError::from)?;
        let answered = self.answer(&txn, property, id, new).await.map_err(ApiError::from)?;
        txn.commit().await.map_err(ApiError::from)?;
        let (body, count) = answered.ok_or_else(|| ApiError::not_found("player"))?;
        let mut response = Response::builder().content_type("application/json").status(self.0.status());
        if let Some(count) = count {
            response = response.header("content-range", format!("0-24/{count}"));
        }
        Ok(response.body(body))
    }
}

impl Models {
    async fn answer(
        &self,
        txn: &DatabaseTransaction,
        property: PropertyId,
        id: Uuid,
        new: Option<(NewPlayer, DateTime<Utc>)>,
    ) -> Result<Option<(Vec<u8>, Option<u64>)>, DbErr> {
        let mine = player::Entity::find().filter(player::Column::PropertyId.eq(property.0));
        let active = || mine.clone().filter(player::Column::Status.eq("active"));
        Ok(Some(match self.0 {
            Question::Active => (written(&newest(active(), txn).await?), None),
            Question::Newest => (written(&newest(mine, txn).await?), None),
            Question::Counted => (written(&newest(active(), txn).await?), Some(active().count(txn).await?)),
            Question::Embedded => (written(&with_consents(newest(mine, txn).await?, property, txn).await?), None),
            Question::One => match player::Entity::find_by_id((property.0, id)).one(txn).await? {
                Some(player) => (written(&Player(player)), None),
                None => return Ok(None),
            },
            Question::Create => match new {
                Some((new, now)) => (written(&Player(insert(new, property, now).insert(txn).await?)), None),
                None => return Ok(None),
            },
        }))
    }
}

async fn newest(select: sea_orm::Select<player::Entity>, txn: &DatabaseTransaction) -> Result<Vec<Player>, DbErr> {
    let select = select.order_by_desc(player::Column::CreatedAt).order_by_desc(player::Column::Id).limit(25);
    Ok(select.all(txn).await?.into_iter().map(Player).collect())
}

async fn with_consents(
    players: Vec<Player>,
    property: PropertyId,
    txn: &DatabaseTransaction,
) -> Result<Vec<WithConsents>, DbErr> {
    let consents = consent::Entity::find()
        .filter(consent::Column::PropertyId.eq(property.0))
        .filter(consent::Column::PlayerId.is_in(players.iter().map(|player| player.0.id)))
        .all(txn)
        .await?;
    let mut of: HashMap<Uuid, Vec<Consent>> = HashMap::new();
    for consent in consents {
        if let Some(player) = consent.player_id {
            of.entry(player).or_default().push(Consent(consent));
        }
    }
    let with = players.into_iter().map(|player| {
        let consents = of.remove(&player.0.id).unwrap_or_default();
        WithConsents { player, consents }
    });
    Ok(with.collect())
}

fn insert(new: NewPlayer, property: PropertyId, now: DateTime<Utc>) -> player::ActiveModel {
    player::ActiveModel {
        property_id: Set(property.0),
        external_id: Set(new.external_id),
        email: Set(new.email),
        phone: Set(new.phone),
        first_name: Set(new.first_name),
        last_name: Set(new.last_name),
        status: Set(new.status),
        tier: Set(new.tier),
        adt: Set(new.adt),
        visits: Set(new.visits),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}

fn written(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("rows always serialise")
}

#[derive(Serialize)]
struct WithConsents {
    #[serde(flatten)]
    player: Player,
    consents: Vec<Consent>,
}

#[derive(Serialize)]
struct Player(#[serde(with = "PlayerFields")] player::Model);

#[derive(Serialize)]
struct Consent(#[serde(with = "ConsentFields")] consent::Model);

/// The entity is a row and nothing else; here are its fields again for serde.
#[derive(Serialize)]
#[serde(remote = "player::Model")]
struct PlayerFields {
    property_id: Uuid,
    id: Uuid,
    external_id: String,
    email: Option<String>,
    phone: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    status: String,
    tier: Option<String>,
    adt: Option<Decimal>,
    coin_in: Option<Decimal>,
    visits: Option<i32>,
    birth_date: Option<Date>,
    state: Option<String>,
    zip: Option<String>,
    time_zone: Option<String>,
    locale: Option<String>,
    tags: Option<Vec<String>>,
    attributes: Option<Json>,
    last_visit_at: Option<DateTimeUtc>,
    created_at: DateTimeUtc,
    updated_at: DateTimeUtc,
}

#[derive(Serialize)]
#[serde(remote = "consent::Model")]
struct ConsentFields {
    property_id: Uuid,
    id: Uuid,
    player_id: Option<Uuid>,
    channel: String,
    status: String,
    r#type: Option<String>,
    disclosure: Option<String>,
    disclosure_version: Option<String>,
    source: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    occurred_at: Option<DateTimeUtc>,
    recorded_at: DateTimeUtc,
}
