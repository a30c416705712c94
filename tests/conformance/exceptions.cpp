// Most classes are named after the error; a table has the others.
#include "tests/conformance/exceptions.hpp"

#include <array>
#include <string_view>

namespace kafkasim::conformance {
namespace {

using protocol::ErrorCode;

struct Irregular {
  ErrorCode error;
  std::string_view exception;
};

constexpr std::array irregular = {
    Irregular{ErrorCode::unknown_server_error, "UnknownServerException"},
    Irregular{ErrorCode::corrupt_message, "CorruptRecordException"},
    Irregular{ErrorCode::request_timed_out, "TimeoutException"},
    Irregular{ErrorCode::message_too_large, "RecordTooLargeException"},
    Irregular{ErrorCode::stale_controller_epoch, "ControllerMovedException"},
    Irregular{ErrorCode::offset_metadata_too_large, "OffsetMetadataTooLarge"},
    Irregular{ErrorCode::network_exception, "NetworkException"},
    Irregular{ErrorCode::invalid_topic_exception, "InvalidTopicException"},
    Irregular{ErrorCode::record_list_too_large, "RecordBatchTooLargeException"},
    Irregular{ErrorCode::topic_authorization_failed, "TopicAuthorizationException"},
    Irregular{ErrorCode::group_authorization_failed, "GroupAuthorizationException"},
    Irregular{ErrorCode::cluster_authorization_failed, "ClusterAuthorizationException"},
    Irregular{ErrorCode::transactional_id_authorization_failed,
              "TransactionalIdAuthorizationException"},
    Irregular{ErrorCode::sasl_authentication_failed, "SaslAuthenticationException"},
    Irregular{ErrorCode::topic_already_exists, "TopicExistsException"},
    Irregular{ErrorCode::invalid_config, "InvalidConfigurationException"},
    Irregular{ErrorCode::out_of_order_sequence_number, "OutOfOrderSequenceException"},
    Irregular{ErrorCode::duplicate_sequence_number, "DuplicateSequenceException"},
    Irregular{ErrorCode::invalid_producer_id_mapping, "InvalidPidMappingException"},
    Irregular{ErrorCode::invalid_transaction_timeout, "InvalidTxnTimeoutException"},
    Irregular{ErrorCode::non_empty_group, "GroupNotEmptyException"},
};

}  // namespace

std::string exception_of(ErrorCode error) {
  for (const Irregular& row : irregular) {
    if (row.error == error) return std::string(row.exception);
  }
  std::string out;
  bool upper = true;
  for (const char c : protocol::name(error)) {
    if (c == '_') {
      upper = true;
    } else {
      out += upper || c < 'A' || c > 'Z' ? c : static_cast<char>(c - 'A' + 'a');
      upper = false;
    }
  }
  return out + "Exception";
}

}  // namespace kafkasim::conformance
