#include "book/order_book.hpp"

#include "book/order_book_matching.hpp"

namespace faultline {

template class MatchingBook<BookListener>;

}  // namespace faultline
