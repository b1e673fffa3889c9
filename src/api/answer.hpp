#pragma once
#include <boost/json/object.hpp>
#include <string>

#include "base/result.hpp"
#include "model/definition.hpp"
#include "net/http_message.hpp"

namespace dfp::api {

/// What an endpoint says, before it becomes HTTP: the nine keys, and what stands behind them.
struct Answer {
  int status = 200;
  std::string message = {};
  model::Definition definition = {};
  boost::json::object more = {};
};

/// 400 InvalidArgument, 404 NotFound, 409 Conflict, 503 Unavailable, Timeout and Cancelled, 500 the rest.
int status_of(Errc code);

Answer failure(const Error& error, model::Definition definition = {});

/// application/json whatever the status; Status is "OK" for 200 and "NOK" otherwise. 503 has Retry-After.
net::HttpResponse render(const Answer& answer);

}  // namespace dfp::api
