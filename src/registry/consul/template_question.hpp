#pragma once
#include <string>

#include "base/result.hpp"
#include "registry/template_source.hpp"

/// How the questions of templates are put to Consul's HTTP API, and how its answers are read.
namespace dfp::registry::consul {

/// The path and query to read: "/v1/health/service/web?passing=1&tag=blue&dc=dc2". The name of a NodeQuestion
/// has to be known.
std::string question_target(const Question& question);

/// True where a status of 404 says that there is nothing of that name.
bool may_be_absent(const Question& question);

/// What an absent thing is: a list without elements, or no value.
AnswerData empty_answer(const Question& question);
bool is_empty(const AnswerData& data);

/// @param body of a 200; may be given more capacity. @return Rejected for what is no such answer.
Result<AnswerData> parse_template_answer(const Question& question, std::string& body);

/// Empty: the one of the registry's agent.
std::string datacenter_of(const Question& question);

}  // namespace dfp::registry::consul
