//! `playhouse admin organization`.

use clap::Subcommand;
use sea_orm::DatabaseConnection;

use super::show;

#[derive(Debug, Subcommand)]
pub(super) enum Organization {
    /// Make an organization.
    Create {
        /// For people.
        #[arg(long)]
        name: String,
        /// Lower-case letters, digits and hyphens; unique.
        #[arg(long)]
        slug: String,
        /// free, pro or business; the session API needs business.
        #[arg(long, default_value = "business")]
        tier: String,
    },
    /// Show all.
    List,
    /// Move an organization to another tier; its keys follow at once.
    SetTier {
        /// The organization.
        id: i32,
        /// free, pro or business.
        tier: String,
    },
    /// Delete an organization with everything that is its own.
    Delete {
        /// The organization.
        id: i32,
    },
}

impl Organization {
    pub(super) async fn run(self, db: &DatabaseConnection) -> anyhow::Result<()> {
        const MISSING: Option<&str> = Some("there is no such organization");
        match self {
            Self::Create { name, slug, tier } => {
                let sql = "insert into organizations (name, slug, tier) values ($1, $2, $3) returning *";
                show(db, sql, vec![name.into(), slug.into(), tier.into()], None).await
            }
            Self::List => show(db, "select * from organizations order by id", vec![], None).await,
            Self::SetTier { id, tier } => {
                let sql = "update organizations set tier = $2, updated_at = now() where id = $1 returning *";
                show(db, sql, vec![id.into(), tier.into()], MISSING).await
            }
            Self::Delete { id } => {
                show(db, "delete from organizations where id = $1 returning *", vec![id.into()], MISSING).await
            }
        }
    }
}
