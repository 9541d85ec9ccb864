#include "lab/ledger.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace faultline {
namespace {

// value · part / whole, truncated, without leaving 64 bits. Requires: |part| <= |whole| < 2^31.
std::int64_t share_of(std::int64_t value, std::int64_t part, std::int64_t whole) {
  return value / whole * part + value % whole * part / whole;
}

}  // namespace

void Ledger::change(AccountIndex index, std::int64_t qty, std::int64_t price) {
  LabAccount& account = accounts_[index];
  long_qty_ -= std::max<std::int64_t>(account.qty, 0);
  short_qty_ -= std::max<std::int64_t>(-account.qty, 0);
  const bool is_reducing = (account.qty > 0) != (qty > 0) && account.qty != 0;
  const std::int64_t closed =
      !is_reducing ? 0 : (qty > 0 ? std::min(qty, -account.qty) : std::max(qty, -account.qty));
  if (closed != 0) {
    const std::int64_t cost_left = share_of(account.cost, account.qty + closed, account.qty);
    account.wallet += cost_left - account.cost - price * closed;
    account.cost = cost_left;
  }
  account.cost += price * (qty - closed);
  account.qty += qty;
  long_qty_ += std::max<std::int64_t>(account.qty, 0);
  short_qty_ += std::max<std::int64_t>(-account.qty, 0);
}

void Ledger::trade(const Fill& fill) {
  FAULTLINE_CHECK(fill.qty.value > 0 && fill.taker != fill.maker);
  const std::int64_t signed_qty = sign(fill.opens_towards) * fill.qty.value;
  change(fill.taker, signed_qty, fill.price.value);
  change(fill.maker, -signed_qty, fill.price.value);
  FAULTLINE_CHECK(long_qty_ == short_qty_);
}

void Ledger::transfer(AccountIndex account, std::int64_t amount) {
  accounts_[account].wallet += amount;
  transferred_ += amount;
}

void Ledger::settle(AccountIndex account) {
  FAULTLINE_CHECK(accounts_[account].qty == 0);
  insurance_ += accounts_[account].wallet;
  accounts_[account].wallet = 0;
}

void Ledger::pay_funding(std::int64_t rate_e9, PriceTicks mark) {
  for (LabAccount& account : accounts_) {
    // Thousandths first: notional · rate would leave 64 bits for the largest makers.
    const std::int64_t paid = account.qty * mark.value / 1'000 * rate_e9 / 1'000'000;
    account.wallet -= paid;
    insurance_ += paid;
  }
}

}  // namespace faultline
