//! `playhouse admin member`.

use clap::Subcommand;
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use super::show;

#[derive(Debug, Subcommand)]
pub(super) enum Member {
    /// Give a user a role.
    Add {
        /// The organization.
        #[arg(long)]
        org: i32,
        /// Only in this property of it.
        #[arg(long)]
        property: Option<Uuid>,
        /// clerk, cognito or builtin.
        #[arg(long)]
        issuer: String,
        /// The `sub` of the user's tokens.
        #[arg(long)]
        subject: String,
        /// owner, admin, editor, analyst or viewer.
        #[arg(long)]
        role: String,
    },
    /// Show an organization's.
    List {
        /// The organization.
        #[arg(long)]
        org: i32,
    },
    /// Take a role away.
    Remove {
        /// The membership's number, as `list` shows it.
        id: i32,
    },
}

impl Member {
    pub(super) async fn run(self, db: &DatabaseConnection) -> anyhow::Result<()> {
        match self {
            Self::Add { org, property, issuer, subject, role } => {
                let sql = "insert into memberships (organization_id, property_id, issuer, subject, role) \
                           values ($1, $2, $3, $4, $5) \
                           on conflict on constraint memberships_issuer_subject_key \
                           do update set role = excluded.role, updated_at = now() returning *";
                let values = vec![org.into(), property.into(), issuer.into(), subject.into(), role.into()];
                show(db, sql, values, None).await
            }
            Self::List { org } => {
                show(db, "select * from memberships where organization_id = $1 order by id", vec![org.into()], None)
                    .await
            }
            Self::Remove { id } => {
                let sql = "delete from memberships where id = $1 returning *";
                show(db, sql, vec![id.into()], Some("there is no such membership")).await
            }
        }
    }
}
