//! Why a token was not believed.

/// The reason for a refusal: for the log, never for the answer, and without a word out of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenRefusal {
    /// More than 8 KiB.
    TooLong,
    /// Not three parts of base64 and JSON, an unknown algorithm, or a claim missing, twice there or of another type.
    Malformed,
    /// Signed with a known algorithm that is not RS256.
    Algorithm,
    /// The header demands an extension (`crit`), of which none is known.
    Extension,
    /// The header brings its own key or an address of one.
    OwnKey,
    /// The header says that it is no plain token.
    Type,
    /// No key name, or one that no issuer would give.
    KeyName,
    /// Nobody configured that issuer.
    UnknownIssuer,
    /// The issuer's keys cannot be had, or are older than 2 hours: our trouble, not the caller's.
    KeysUnavailable,
    /// The issuer has no key of that name.
    UnknownKey,
    /// The signature does not fit.
    Signature,
    /// Made for an audience, and this server is none.
    Audience,
    /// Past its end by more than 5 seconds.
    Expired,
    /// More than 5 seconds before its beginning.
    NotYetValid,
    /// Issued in the future.
    IssuedInFuture,
    /// Valid for more than 24 hours.
    LivesTooLong,
    /// The subject is empty, too long or not a person.
    Subject,
    /// A Clerk token without a session.
    NoSession,
    /// Made for another origin or app client.
    Party,
    /// A Cognito token that is not for access.
    Use,
}

impl std::fmt::Display for TokenRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "longer than 8 KiB",
            Self::Malformed => "not a well-formed token",
            Self::Algorithm => "algorithm is not RS256",
            Self::Extension => "header demands an extension",
            Self::OwnKey => "header brings a key or its address",
            Self::Type => "header says another type of token",
            Self::KeyName => "key name is absent or not plausible",
            Self::UnknownIssuer => "issuer is not configured",
            Self::KeysUnavailable => "issuer's keys are unavailable",
            Self::UnknownKey => "issuer has no such key",
            Self::Signature => "signature does not fit",
            Self::Audience => "made for an audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::IssuedInFuture => "issued in the future",
            Self::LivesTooLong => "valid for more than 24 hours",
            Self::Subject => "subject is empty, too long or not a person",
            Self::NoSession => "belongs to no session",
            Self::Party => "made for another party",
            Self::Use => "not an access token",
        })
    }
}

impl std::error::Error for TokenRefusal {}
