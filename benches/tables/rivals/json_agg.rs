//! JSON made by Postgres, as PostgREST does it: one statement, whose answer is the body.

use bytes::Bytes;
use playhouse::{app::App, error::ApiError, tables::sql::Statement, tenant_pool::Param};
use poem::{Endpoint, Request, Response, Result};

use super::{NewPlayer, admit, body};
use crate::question::Question;

/// One endpoint.
pub(super) struct JsonAgg {
    question: Question,
    sql: String,
    params: Vec<Option<String>>,
}

impl JsonAgg {
    pub(super) fn new(question: Question) -> anyhow::Result<Self> {
        let statements = question.statements()?;
        let Statement { text, params } = statements[0].clone();
        let list = format!("(select coalesce(json_agg(row_to_json(x)), '[]')::text from ({text}) x)");
        let sql = match question {
            Question::One => format!("select row_to_json(x)::text from ({text}) x"),
            Question::Create => format!("with x as ({text}) select row_to_json(x)::text from x"),
            // Both statements have the same parameters.
            Question::Counted => format!("select {list}, ({})", statements[1].text),
            _ => format!("select {list}"),
        };
        Ok(Self { question, sql, params })
    }
}

impl Endpoint for JsonAgg {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let app = request.data::<App>().cloned().ok_or_else(ApiError::internal)?;
        let property = admit(&app, &request).await?;
        let mut params = self.params.clone();
        params[0] = Some(property.to_string());
        match self.question {
            Question::One => params[1] = request.raw_path_param("id").map(str::to_owned),
            Question::Create => {
                let NewPlayer { external_id, email, phone, first_name, last_name, status, tier, adt, visits } =
                    body(&mut request).await?;
                let (adt, visits) = (adt.map(|adt| adt.to_string()), visits.map(|visits| visits.to_string()));
                let given = [Some(external_id), email, phone, first_name, last_name, Some(status), tier, adt, visits];
                let now = app.clock.now().to_rfc3339();
                params.splice(1.., given.into_iter().chain([Some(now.clone()), Some(now)]));
            }
            _ => {}
        }
        let params: Vec<Param<'_>> =
            params.iter().map(|value| value.as_deref().map_or(Param::NULL, Param::from)).collect();
        let mut connection = app.tenants.acquire(property).await?;
        let rows = match self.question {
            Question::Create => connection.execute(&self.sql, &params).await,
            _ => connection.query(&self.sql, &params).await,
        };
        let rows = rows.map_err(ApiError::from)?;
        let row = rows.get(0).ok_or_else(|| ApiError::not_found("player"))?;
        let response = Response::builder().content_type("application/json").status(self.question.status());
        let response = match self.question {
            Question::Counted => {
                let count = row.bytes(1).and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes);
                response.header("content-range", format!("0-24/{}", count.unwrap_or_default()))
            }
            _ => response,
        };
        Ok(response.body(Bytes::copy_from_slice(row.bytes(0).unwrap_or_default())))
    }
}
