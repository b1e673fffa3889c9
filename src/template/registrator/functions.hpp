#pragma once
#include "template/function.hpp"

/// Registrator's functions for the template of its option -tags, with its order of arguments.
/// Source: Registrator, "Add support for Go template to -tags flag" (pull request 677).
namespace dfp::tmpl::registrator {

const FunctionMap& functions();
/// Functions of Registrator that are not offered, each with the reason.
const std::map<std::string, std::string, std::less<>>& refused_functions();

}  // namespace dfp::tmpl::registrator
