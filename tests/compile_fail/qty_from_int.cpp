// error: conversion from 'int' to non-scalar type
// A bare number becomes a quantity only where somebody says so.
#include "core/units.hpp"

using namespace faultline;

void test() {
#ifdef COMPILES
  [[maybe_unused]] const Qty qty{5};
#else
  [[maybe_unused]] const Qty qty = 5;
#endif
}
