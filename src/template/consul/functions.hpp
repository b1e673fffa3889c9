#pragma once
#include <initializer_list>

#include "template/function.hpp"

/// Consul Template's functions, for templates that are rendered with a Session as their context.
namespace dfp::tmpl::consul {

/// All of them.
const FunctionMap& functions();
/// Functions of Consul Template that are not offered, each with the reason.
const std::map<std::string, std::string, std::less<>>& refused_functions();

// The groups that functions() is made of.
void add_registry_functions(FunctionMap& functions);
void add_text_functions(FunctionMap& functions);
void add_number_functions(FunctionMap& functions);
void add_grouping_functions(FunctionMap& functions);
void add_collection_functions(FunctionMap& functions);
void add_encoding_functions(FunctionMap& functions);
void add_rendering_functions(FunctionMap& functions);

/// Declares other Go types than were deduced. @param parameters nullptr leaves one as it is
Function typed(Function function, const Type& result, std::initializer_list<const Type*> parameters = {});

}  // namespace dfp::tmpl::consul
