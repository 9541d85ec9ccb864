#include "book/order.hpp"

#include <array>

namespace faultline {
namespace {

constexpr std::array<std::string_view, 5> kKinds{"limit", "market", "immediate_or_cancel",
                                                 "fill_or_kill", "post_only"};
constexpr std::array<std::string_view, 9> kRejects{
    "bad_price",   "bad_quantity",      "bad_owner", "no_reference_price", "would_trigger",
    "would_cross", "nothing_to_reduce", "book_full", "unknown_order"};
constexpr std::array<std::string_view, 7> kRemovals{
    "cancelled", "replaced", "expired", "killed", "self_trade", "nothing_to_reduce", "would_cross"};

}  // namespace

std::string_view name_of(OrderKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::string_view name_of(RejectReason reason) { return kRejects[static_cast<std::size_t>(reason)]; }
std::string_view name_of(RemovalReason reason) {
  return kRemovals[static_cast<std::size_t>(reason)];
}

std::optional<RejectReason> flaw_of(const OrderRequest& request, const BookConfig& config) {
  if (is_well_formed(request, config)) return std::nullopt;
  if (!has_book_prices(request)) return RejectReason::kBadPrice;
  return is_order_quantity(request.quantity, config) ? RejectReason::kBadOwner
                                                     : RejectReason::kBadQuantity;
}

}  // namespace faultline
