// The order in which Kafka's clients define their settings, which is the order in which they read
// them: of several mistakes the first in this order is reported.
#include "tests/conformance/client_config_order.hpp"

#include <array>

namespace kafkasim::conformance {
namespace {

constexpr std::array<std::string_view, 42> of_producer = {
    "bootstrap.servers",
    "client.dns.lookup",
    "buffer.memory",
    "retries",
    "acks",
    "compression.type",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.zstd.level",
    "batch.size",
    "partitioner.adaptive.partitioning.enable",
    "partitioner.availability.timeout.ms",
    "partitioner.ignore.keys",
    "linger.ms",
    "delivery.timeout.ms",
    "client.id",
    "send.buffer.bytes",
    "receive.buffer.bytes",
    "max.request.size",
    "reconnect.backoff.ms",
    "reconnect.backoff.max.ms",
    "retry.backoff.ms",
    "retry.backoff.max.ms",
    "enable.metrics.push",
    "max.block.ms",
    "request.timeout.ms",
    "metadata.max.age.ms",
    "metadata.max.idle.ms",
    "metrics.sample.window.ms",
    "metrics.num.samples",
    "metrics.recording.level",
    "metric.reporters",
    "max.in.flight.requests.per.connection",
    "key.serializer",
    "value.serializer",
    "socket.connection.setup.timeout.ms",
    "socket.connection.setup.timeout.max.ms",
    "connections.max.idle.ms",
    "partitioner.class",
    "interceptor.classes",
    "security.protocol",
    "security.providers"};

constexpr std::array<std::string_view, 48> of_consumer = {
    "bootstrap.servers",
    "client.dns.lookup",
    "group.id",
    "group.instance.id",
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "partition.assignment.strategy",
    "metadata.max.age.ms",
    "enable.auto.commit",
    "auto.commit.interval.ms",
    "client.id",
    "client.rack",
    "max.partition.fetch.bytes",
    "send.buffer.bytes",
    "receive.buffer.bytes",
    "fetch.min.bytes",
    "fetch.max.bytes",
    "fetch.max.wait.ms",
    "reconnect.backoff.ms",
    "reconnect.backoff.max.ms",
    "retry.backoff.ms",
    "retry.backoff.max.ms",
    "enable.metrics.push",
    "auto.offset.reset",
    "check.crcs",
    "metrics.sample.window.ms",
    "metrics.num.samples",
    "metrics.recording.level",
    "metric.reporters",
    "key.deserializer",
    "value.deserializer",
    "request.timeout.ms",
    "default.api.timeout.ms",
    "socket.connection.setup.timeout.ms",
    "socket.connection.setup.timeout.max.ms",
    "connections.max.idle.ms",
    "interceptor.classes",
    "max.poll.records",
    "max.poll.interval.ms",
    "exclude.internal.topics",
    "internal.leave.group.on.close",
    "internal.throw.on.fetch.stable.offset.unsupported",
    "isolation.level",
    "allow.auto.create.topics",
    "group.protocol",
    "group.remote.assignor",
    "security.providers",
    "security.protocol"};

constexpr std::array<std::string_view, 48> of_security = {
    "ssl.protocol",
    "ssl.provider",
    "ssl.cipher.suites",
    "ssl.enabled.protocols",
    "ssl.keystore.type",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.key.password",
    "ssl.keystore.key",
    "ssl.keystore.certificate.chain",
    "ssl.truststore.certificates",
    "ssl.truststore.type",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.keymanager.algorithm",
    "ssl.trustmanager.algorithm",
    "ssl.endpoint.identification.algorithm",
    "ssl.secure.random.implementation",
    "ssl.engine.factory.class",
    "sasl.kerberos.service.name",
    "sasl.kerberos.kinit.cmd",
    "sasl.kerberos.ticket.renew.window.factor",
    "sasl.kerberos.ticket.renew.jitter",
    "sasl.kerberos.min.time.before.relogin",
    "sasl.login.refresh.window.factor",
    "sasl.login.refresh.window.jitter",
    "sasl.login.refresh.min.period.seconds",
    "sasl.login.refresh.buffer.seconds",
    "sasl.mechanism",
    "sasl.jaas.config",
    "sasl.client.callback.handler.class",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "sasl.login.connect.timeout.ms",
    "sasl.login.read.timeout.ms",
    "sasl.login.retry.backoff.max.ms",
    "sasl.login.retry.backoff.ms",
    "sasl.oauthbearer.scope.claim.name",
    "sasl.oauthbearer.sub.claim.name",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.oauthbearer.jwks.endpoint.url",
    "sasl.oauthbearer.jwks.endpoint.refresh.ms",
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms",
    "sasl.oauthbearer.clock.skew.seconds",
    "sasl.oauthbearer.expected.audience",
    "sasl.oauthbearer.expected.issuer",
    "sasl.oauthbearer.header.urlencode"};

constexpr std::array<std::string_view, 4> last_of_producer = {
    "enable.idempotence", "transaction.timeout.ms", "transactional.id",
    "metadata.recovery.strategy"};

constexpr std::array<std::string_view, 1> last_of_consumer = {"metadata.recovery.strategy"};

template <typename... Part>
std::vector<std::string_view> joined(const Part&... parts) {
  std::vector<std::string_view> all;
  (all.insert(all.end(), parts.begin(), parts.end()), ...);
  return all;
}

}  // namespace

std::vector<std::string_view> definition_order(bool of_a_producer) {
  return of_a_producer ? joined(of_producer, of_security, last_of_producer)
                       : joined(of_consumer, of_security, last_of_consumer);
}

}  // namespace kafkasim::conformance
