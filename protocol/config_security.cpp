// Settings of metrics and security that every client knows; the simulator acts on none.
// Sorted by name.
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(list, "metric.reporters", "org.apache.kafka.common.metrics.JmxReporter")
        .not_null()
        .means("Classes that report metrics."),
    Def(int_number, "metrics.num.samples", "2").at_least(1).means("Samples of a metric."),
    Def(text, "metrics.recording.level", "INFO")
        .one_of("INFO, DEBUG, TRACE")
        .means("How much is measured."),
    Def(long_number, "metrics.sample.window.ms", "30000").at_least(0).means("Length of a sample."),
    Def(class_name, "sasl.client.callback.handler.class")
        .medium_importance()
        .means("Authentication; nothing is authenticated here."),
    Def(password, "sasl.jaas.config")
        .medium_importance()
        .means("Authentication; nothing is authenticated here."),
    Def(text, "sasl.kerberos.kinit.cmd", "/usr/bin/kinit")
        .means("Authentication; nothing is authenticated here."),
    Def(long_number, "sasl.kerberos.min.time.before.relogin", "60000")
        .means("Authentication; nothing is authenticated here."),
    Def(text, "sasl.kerberos.service.name")
        .medium_importance()
        .means("Authentication; nothing is authenticated here."),
    Def(real, "sasl.kerberos.ticket.renew.jitter", "0.05")
        .means("Authentication; nothing is authenticated here."),
    Def(real, "sasl.kerberos.ticket.renew.window.factor", "0.8")
        .means("Authentication; nothing is authenticated here."),
    Def(class_name, "sasl.login.callback.handler.class")
        .medium_importance()
        .means("Authentication; nothing is authenticated here."),
    Def(class_name, "sasl.login.class")
        .medium_importance()
        .means("Authentication; nothing is authenticated here."),
    Def(int_number, "sasl.login.connect.timeout.ms")
        .means("Authentication; nothing is authenticated here."),
    Def(int_number, "sasl.login.read.timeout.ms")
        .means("Authentication; nothing is authenticated here."),
    Def(short_number, "sasl.login.refresh.buffer.seconds", "300")
        .between(0, 3600)
        .means("Authentication; nothing is authenticated here."),
    Def(short_number, "sasl.login.refresh.min.period.seconds", "60")
        .between(0, 900)
        .means("Authentication; nothing is authenticated here."),
    Def(real, "sasl.login.refresh.window.factor", "0.8")
        .between(0.5, 1)
        .means("Authentication; nothing is authenticated here."),
    Def(real, "sasl.login.refresh.window.jitter", "0.05")
        .between(0, 0.25)
        .means("Authentication; nothing is authenticated here."),
    Def(long_number, "sasl.login.retry.backoff.max.ms", "10000")
        .means("Authentication; nothing is authenticated here."),
    Def(long_number, "sasl.login.retry.backoff.ms", "100")
        .means("Authentication; nothing is authenticated here."),
    Def(text, "sasl.mechanism", "GSSAPI")
        .medium_importance()
        .means("Authentication; nothing is authenticated here."),
    Def(int_number, "sasl.oauthbearer.clock.skew.seconds", "30")
        .means("Authentication; nothing is authenticated here."),
    Def(list, "sasl.oauthbearer.expected.audience")
        .means("Authentication; nothing is authenticated here."),
    Def(text, "sasl.oauthbearer.expected.issuer")
        .means("Authentication; nothing is authenticated here."),
    Def(boolean, "sasl.oauthbearer.header.urlencode", "false")
        .means("Authentication; nothing is authenticated here."),
    Def(long_number, "sasl.oauthbearer.jwks.endpoint.refresh.ms", "3600000")
        .means("Authentication; nothing is authenticated here."),
    Def(long_number, "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", "10000")
        .means("Authentication; nothing is authenticated here."),
    Def(long_number, "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", "100")
        .means("Authentication; nothing is authenticated here."),
    Def(text, "sasl.oauthbearer.jwks.endpoint.url")
        .medium_importance()
        .means("Authentication; nothing is authenticated here."),
    Def(text, "sasl.oauthbearer.scope.claim.name", "scope")
        .means("Authentication; nothing is authenticated here."),
    Def(text, "sasl.oauthbearer.sub.claim.name", "sub")
        .means("Authentication; nothing is authenticated here."),
    Def(text, "sasl.oauthbearer.token.endpoint.url")
        .medium_importance()
        .means("Authentication; nothing is authenticated here."),
    Def(text, "security.protocol", "PLAINTEXT")
        .medium_importance()
        .one_of_ignoring_case("SASL_SSL, PLAINTEXT, SSL, SASL_PLAINTEXT")
        .means("How connections are secured. Here nothing is encrypted."),
    Def(text, "security.providers").means("Code that offers security algorithms."),
    Def(list, "ssl.cipher.suites").means("Encryption; nothing is encrypted here."),
    Def(list, "ssl.enabled.protocols", "TLSv1.2,TLSv1.3")
        .medium_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.endpoint.identification.algorithm", "https")
        .means("Encryption; nothing is encrypted here."),
    Def(class_name, "ssl.engine.factory.class").means("Encryption; nothing is encrypted here."),
    Def(password, "ssl.key.password")
        .high_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.keymanager.algorithm", "SunX509")
        .means("Encryption; nothing is encrypted here."),
    Def(password, "ssl.keystore.certificate.chain")
        .high_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(password, "ssl.keystore.key")
        .high_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.keystore.location")
        .high_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(password, "ssl.keystore.password")
        .high_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.keystore.type", "JKS")
        .medium_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.protocol", "TLSv1.3")
        .medium_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.provider").medium_importance().means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.secure.random.implementation").means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.trustmanager.algorithm", "PKIX").means("Encryption; nothing is encrypted here."),
    Def(password, "ssl.truststore.certificates")
        .high_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.truststore.location")
        .high_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(password, "ssl.truststore.password")
        .high_importance()
        .means("Encryption; nothing is encrypted here."),
    Def(text, "ssl.truststore.type", "JKS")
        .medium_importance()
        .means("Encryption; nothing is encrypted here."),
};

}  // namespace

std::span<const ConfigDef> security_rows() { return rows; }

}  // namespace kafkasim::protocol::tables
