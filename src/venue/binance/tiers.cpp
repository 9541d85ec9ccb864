#include "venue/binance/tiers.hpp"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decimal.hpp"

namespace faultline::binance {
namespace {

using Json = nlohmann::json;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// "BTC/USDT:USDT-260327" → "BTCUSDT_260327". The part after the colon is the settlement currency;
// where it is not the quote currency the contract is not of this family.
Result<std::string> venue_symbol(std::string_view key) {
  const std::size_t slash = key.find('/');
  const std::size_t colon = key.find(':');
  const bool in_order = slash != std::string_view::npos && colon != std::string_view::npos &&
                        slash > 0 && colon > slash + 1;
  if (!in_order) return Error{Errc::kUnexpectedField};
  const std::string_view quote = key.substr(slash + 1, colon - slash - 1);
  const std::string_view rest = key.substr(colon + 1);
  const std::size_t dash = rest.find('-');
  if (rest.substr(0, dash) != quote) return Error{Errc::kUnexpectedField};
  std::string symbol(key.substr(0, slash));
  symbol += quote;
  if (dash == std::string_view::npos) return symbol;
  return symbol + '_' + std::string(rest.substr(dash + 1));
}

Result<double> number_of(const Json& object, const char* field) {
  if (!object.is_object()) return Error{Errc::kUnexpectedField};
  const auto found = object.find(field);
  if (found == object.end()) return Error{Errc::kMissingField};
  if (found->is_number()) return found->get<double>();
  if (!found->is_string()) return Error{Errc::kUnexpectedField};
  const auto decimal = parse_decimal(found->get_ref<const std::string&>());
  if (!decimal) return Error{decimal.error().code};
  return to_double_approx(*decimal);
}

Result<MaintenanceTier> tier_of(const Json& bracket) {
  if (!bracket.is_object()) return Error{Errc::kUnexpectedField};
  const auto info = bracket.find("info");
  if (info == bracket.end()) return Error{Errc::kMissingField};
  const auto floor = number_of(bracket, "minNotional");
  if (!floor) return floor.error();
  const auto cap = number_of(bracket, "maxNotional");
  if (!cap) return cap.error();
  const auto rate = number_of(bracket, "maintenanceMarginRate");
  if (!rate) return rate.error();
  const auto leverage = number_of(bracket, "maxLeverage");
  if (!leverage) return leverage.error();
  const auto deduction = number_of(*info, "cum");
  if (!deduction) return deduction.error();
  return MaintenanceTier{.notional_floor = *floor,
                         .notional_cap = *cap,
                         .maintenance_rate = *rate,
                         .deduction = *deduction,
                         .leverage_max = *leverage};
}

Result<TierTable> table_of(const Json& brackets, const TierValidity& validity) {
  if (!brackets.is_array()) return Error{Errc::kUnexpectedField};
  std::vector<MaintenanceTier> tiers;
  tiers.reserve(brackets.size());
  for (const Json& bracket : brackets) {
    const auto tier = tier_of(bracket);
    if (!tier) return tier.error();
    tiers.push_back(*tier);
  }
  return TierTable::make(std::move(tiers), validity);
}

Result<Json> document_of(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& fault) {
    return Error{Errc::kBadJson, fault.byte > 0 ? fault.byte - 1 : 0};
  } catch (const Json::exception&) {  // a number beyond the range of a double
    return Error{Errc::kBadJson};
  }
}

}  // namespace

Result<TierTables> read_tiers(std::span<const std::byte> bytes, TierValidity validity) {
  const std::string_view text = text_of(bytes);
  const auto document = document_of(text);
  if (!document) return document.error();
  if (!document->is_object()) return Error{Errc::kUnexpectedField};
  if (document->empty()) return Error{Errc::kEmpty};
  TierTables tables;
  for (const auto& [key, brackets] : document->items()) {
    const auto fault = [&, &name = key](Errc code) {
      const std::size_t at = text.find('"' + name + '"');
      return Error{code, at == std::string_view::npos ? 0 : at};
    };
    auto symbol = venue_symbol(key);
    if (!symbol) return fault(symbol.error().code);
    auto table = table_of(brackets, validity);
    if (!table) return fault(table.error().code);
    const bool is_new = tables.emplace(*std::move(symbol), *std::move(table)).second;
    if (!is_new) return fault(Errc::kDuplicate);
  }
  return tables;
}

}  // namespace faultline::binance
