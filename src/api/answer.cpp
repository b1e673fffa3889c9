#include "api/answer.hpp"

#include <boost/json/value.hpp>

#include "api/json.hpp"

namespace dfp::api {

int status_of(Errc code) {
  switch (code) {
    case Errc::InvalidArgument:
      return 400;
    case Errc::NotFound:
      return 404;
    case Errc::Conflict:
      return 409;
    case Errc::Unavailable:
    case Errc::Timeout:
    case Errc::Cancelled:
      return 503;
    case Errc::OutcomeUnknown:
      return 504;
    case Errc::Rejected:
    case Errc::Internal:
      return 500;
  }
  return 500;
}

Answer failure(const Error& error, model::Definition definition) {
  return {.status = status_of(error.code),
          .message = error.what,
          .definition = std::move(definition),
          .more = {}};
}

net::HttpResponse render(const Answer& answer) {
  auto object = nine_keys(answer.status == 200, answer.message, answer.definition);
  for (const auto& field : answer.more) object[field.key()] = field.value();
  net::HttpResponse response(answer.status, render_json(object), {{"Content-Type", "application/json"}});
  if (answer.status == 503) response.headers.add("Retry-After", "1");
  return response;
}

}  // namespace dfp::api
