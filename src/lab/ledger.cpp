#include "lab/ledger.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/check.hpp"

namespace faultline {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kRateE6 = 1'000'000;
constexpr std::int64_t kRateE9 = 1'000'000'000;

// value · part / whole, truncated. Requires: |part| <= |whole|.
std::int64_t share_of(std::int64_t value, std::int64_t part, std::int64_t whole) {
  return static_cast<std::int64_t>(Wide{value} * part / whole);
}

}  // namespace

void Ledger::add_to_totals(const LabAccount& account, int sign) {
  long_qty_ += sign * std::max<std::int64_t>(account.qty, 0);
  short_qty_ += sign * std::max<std::int64_t>(-account.qty, 0);
  money_ += sign * (account.wallet + account.margin - account.cost);
}

void Ledger::check_totals() const {
  FAULTLINE_CHECK(long_qty_ == short_qty_);
  FAULTLINE_CHECK(money_ + fees_ + insurance_ + rounding_ == transferred_);
}

// `qty` has the sign of the change, against the sign of the position, and does not turn it around.
void Ledger::close_part(LabAccount& account, std::int64_t qty, std::int64_t value) {
  const std::int64_t cost_left = share_of(account.cost, account.qty + qty, account.qty);
  const std::int64_t profit = cost_left - account.cost - value;
  if (account.is_isolated) {
    const bool is_flat = account.qty + qty == 0;
    const std::int64_t left = share_of(account.margin, account.qty + qty, account.qty);
    // Losses eat the released part first, then the margin that stays, never the free wallet: what
    // is missing at the end stays here for cover().
    const std::int64_t released = account.margin - left + profit;
    account.margin = left + std::min<std::int64_t>(released, 0);
    account.wallet += std::max<std::int64_t>(released, 0);
    FAULTLINE_CHECK(!is_flat || account.margin <= 0);
  } else {
    account.wallet += profit;
  }
  account.moved = share_of(account.moved, account.qty + qty, account.qty);
  account.cost = cost_left;
  account.qty += qty;
}

void Ledger::pay_fee(LabAccount& account, std::int64_t fee) {
  account.wallet -= fee;
  if (!account.is_isolated || account.wallet >= 0 || account.margin <= 0) return;
  const std::int64_t owed = std::min(-account.wallet, account.margin);
  account.wallet += owed;
  account.margin -= owed;
}

void Ledger::change(AccountIndex index, std::int64_t qty, std::int64_t value) {
  LabAccount& account = accounts_[index];
  add_to_totals(account, -1);
  const bool is_reducing = account.qty != 0 && (account.qty > 0) != (qty > 0);
  const std::int64_t closed =
      !is_reducing ? 0 : (qty > 0 ? std::min(qty, -account.qty) : std::max(qty, -account.qty));
  const std::int64_t value_closed = share_of(value, closed, qty);
  if (closed != 0) close_part(account, closed, value_closed);
  const std::int64_t opened = value - value_closed;
  if (qty != closed) {
    account.cost += opened;
    account.qty += qty - closed;
    if (account.is_isolated) {
      const std::int64_t wanted = share_of(std::abs(opened), account.initial_rate_e6, kRateE6);
      const std::int64_t moved = std::clamp<std::int64_t>(account.wallet, 0, wanted);
      account.wallet -= moved;
      account.margin += moved;
    }
  }
  add_to_totals(account, 1);
}

void Ledger::set_isolated(AccountIndex account, std::int32_t initial_rate_e6) {
  FAULTLINE_CHECK(accounts_[account].qty == 0);
  FAULTLINE_CHECK(initial_rate_e6 > 0 && initial_rate_e6 <= kRateE6);
  accounts_[account].is_isolated = true;
  accounts_[account].initial_rate_e6 = initial_rate_e6;
}

void Ledger::set_cross(AccountIndex account, std::int32_t initial_rate_e6) {
  FAULTLINE_CHECK(accounts_[account].qty == 0);
  FAULTLINE_CHECK(initial_rate_e6 > 0 && initial_rate_e6 <= kRateE6);
  accounts_[account].is_isolated = false;
  accounts_[account].initial_rate_e6 = initial_rate_e6;
}

void Ledger::trade(const Fill& fill) {
  FAULTLINE_CHECK(fill.qty.value > 0 && fill.taker != fill.maker);
  const std::int64_t qty = sign(fill.opens_towards) * fill.qty.value;
  const std::int64_t value = contract_.value(qty, fill.price);
  change(fill.taker, qty, value);
  change(fill.maker, -qty, -value);
  pay_fee(accounts_[fill.taker], fill.taker_fee);
  pay_fee(accounts_[fill.maker], fill.maker_fee);
  money_ -= fill.taker_fee + fill.maker_fee;
  fees_ += fill.taker_fee + fill.maker_fee;
  check_totals();
}

void Ledger::transfer(AccountIndex account, std::int64_t amount) {
  accounts_[account].wallet += amount;
  money_ += amount;
  transferred_ += amount;
}

void Ledger::add_margin(AccountIndex index, std::int64_t amount) {
  LabAccount& account = accounts_[index];
  FAULTLINE_CHECK(account.is_isolated && account.qty != 0);
  FAULTLINE_CHECK(amount >= 0 && amount <= account.wallet);
  account.wallet -= amount;
  account.margin += amount;
}

void Ledger::charge_liquidation(AccountIndex index, std::int64_t fee) {
  const std::int64_t taken =
      std::clamp<std::int64_t>(fee, 0, std::max<std::int64_t>(accounts_[index].wallet, 0));
  accounts_[index].wallet -= taken;
  money_ -= taken;
  insurance_ += taken;
}

void Ledger::pay_funding(const FundingPayment& payment) {
  for (LabAccount& account : accounts_) {
    if (account.qty == 0) continue;
    const std::int64_t value = contract_.notional(account.qty, payment.mark);
    const std::int64_t paid = (account.qty > 0 ? 1 : -1) *
                              static_cast<std::int64_t>(Wide{value} * payment.rate_e9 / kRateE9);
    (account.is_isolated ? account.margin : account.wallet) -= paid;
    money_ -= paid;
    rounding_ += paid;
  }
  check_totals();
}

void Ledger::realise(AccountIndex index, PriceTicks mark) {
  LabAccount& account = accounts_[index];
  if (account.qty == 0) return;
  const std::int64_t value = contract_.value(account.qty, mark);
  (account.is_isolated ? account.margin : account.wallet) += value - account.cost;
  account.moved += value - account.cost;
  account.cost = value;
}

std::int64_t Ledger::cover(AccountIndex index) {
  LabAccount& account = accounts_[index];
  FAULTLINE_CHECK(account.qty == 0);
  const std::int64_t missing = std::max<std::int64_t>(-account.wallet, 0) - account.margin;
  account.wallet = std::max<std::int64_t>(account.wallet, 0);
  account.margin = 0;
  money_ += missing;
  insurance_ -= missing;
  return missing;
}

std::int64_t Ledger::equity(AccountIndex index, PriceTicks mark) const {
  const LabAccount& account = accounts_[index];
  if (account.qty == 0) return account.backing();
  return account.backing() + contract_.value(account.qty, mark) - account.cost;
}

std::int64_t Ledger::valuation_residue(PriceTicks mark) const {
  std::int64_t sum = 0;
  for (const LabAccount& account : accounts_) {
    if (account.qty != 0) sum += contract_.value(account.qty, mark);
  }
  return sum;
}

bool Ledger::is_conserved() const {
  std::int64_t net = 0;
  std::int64_t longs = 0;
  std::int64_t money = fees_ + insurance_ + rounding_;
  for (const LabAccount& account : accounts_) {
    net += account.qty;
    longs += std::max<std::int64_t>(account.qty, 0);
    money += account.wallet + account.margin - account.cost;
  }
  return net == 0 && longs == long_qty_ && money == transferred_;
}

}  // namespace faultline
