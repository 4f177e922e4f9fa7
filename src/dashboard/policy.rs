//! Who may do what, in one place: the door asks it for every request, before any page runs. Reading is for everybody
//! who works here, changing is not for observers, and what opens the shop to others is for its owners.

use crate::domain::users::Role;

/// Pages that only owners and administrators open.
const OF_OWNERS: &[&str] = &["/dashboard/settings", "/dashboard/keys", "/dashboard/users", "/dashboard/webhooks"];

/// Files that take data out of here: not for those who only look.
const OF_WORKERS: &[&str] = &["/dashboard/carts.csv", "/dashboard/letters/suppressions.csv"];

/// What is everybody's own affair.
const OF_EVERYBODY: &[&str] = &["/dashboard/account", "/dashboard/sign-out"];

/// Whether a role may send a request.
pub(super) fn may(role: Role, method: &str, path: &str) -> bool {
    let within = |list: &[&str]| {
        list.iter().any(|known| path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    // What does not come back is for owners alone.
    if path.ends_with("/erase") && role != Role::Owner {
        return false;
    }
    match role {
        Role::Owner | Role::Admin => true,
        _ if within(OF_EVERYBODY) => true,
        _ if within(OF_OWNERS) => false,
        Role::Manager => true,
        Role::Observer => matches!(method, "GET" | "HEAD") && !within(OF_WORKERS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observers_change_nothing_but_their_password_and_managers_do_not_open_the_shop_to_others() {
        assert!(may(Role::Observer, "GET", "/dashboard/carts"));
        assert!(!may(Role::Observer, "GET", "/dashboard/carts.csv"));
        assert!(!may(Role::Observer, "GET", "/dashboard/letters/suppressions.csv"));
        assert!(!may(Role::Observer, "POST", "/dashboard/carts/cart_1/pause"));
        assert!(may(Role::Observer, "POST", "/dashboard/account"));
        assert!(may(Role::Manager, "POST", "/dashboard/carts/cart_1/pause"));
        for method in ["GET", "POST"] {
            assert!(!may(Role::Manager, method, "/dashboard/keys"));
            assert!(!may(Role::Manager, method, "/dashboard/users/ann"));
            assert!(may(Role::Admin, method, "/dashboard/users/ann"));
        }
        assert!(may(Role::Manager, "GET", "/dashboard/keystone"));
        assert!(may(Role::Owner, "POST", "/dashboard/carts/cart_1/erase"));
        assert!(!may(Role::Admin, "POST", "/dashboard/carts/cart_1/erase"));
    }
}
