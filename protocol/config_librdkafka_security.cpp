// Settings of librdkafka for encryption and authentication; the simulator acts on none. Sorted by
// name. Left out: what can only be set by a function.
#include "protocol/config_tables.hpp"

namespace kafkasim::protocol::tables {

using enum ConfigType;

namespace {

constexpr ConfigDef rows[] = {
    Def(boolean, "enable.sasl.oauthbearer.unsecure.jwt", "false")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(boolean, "enable.ssl.certificate.verification", "true")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "https.ca.location")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "https.ca.pem").both().means("Encryption and authentication; there is none here."),
    Def(text, "sasl.kerberos.keytab")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.kerberos.kinit.cmd",
        "kinit -R -t \"%{sasl.kerberos.keytab}\" -k %{sasl.kerberos.principal} || kinit -t "
        "\"%{sasl.kerberos.keytab}\" -k %{sasl.kerberos.principal}")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(int_number, "sasl.kerberos.min.time.before.relogin", "60000")
        .between(0, 86400000)
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.kerberos.principal", "kafkaclient")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.kerberos.service.name", "kafka")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.mechanism", "GSSAPI")
        .both()
        .alias("sasl.mechanisms")
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.mechanisms", "GSSAPI")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.assertion.algorithm", "RS256")
        .one_of("RS256, ES256")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.assertion.claim.aud")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(int_number, "sasl.oauthbearer.assertion.claim.exp.seconds", "300")
        .between(1, 2147483647)
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.assertion.claim.iss")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(boolean, "sasl.oauthbearer.assertion.claim.jti.include", "false")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(int_number, "sasl.oauthbearer.assertion.claim.nbf.seconds", "60")
        .between(0, 2147483647)
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.assertion.claim.sub")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.assertion.file")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.assertion.jwt.template.file")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.assertion.private.key.file")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.assertion.private.key.passphrase")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.assertion.private.key.pem")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.client.credentials.client.id")
        .both()
        .alias("sasl.oauthbearer.client.id")
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.client.credentials.client.secret")
        .both()
        .alias("sasl.oauthbearer.client.secret")
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.client.id")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.client.secret")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.config")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.extensions")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.grant.type", "client_credentials")
        .one_of("client_credentials, urn:ietf:params:oauth:grant-type:jwt-bearer")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.metadata.authentication.type", "none")
        .one_of("none, azure_imds, aws_iam")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.method", "default")
        .one_of("default, oidc")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.scope")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.sub.claim.name", "sub")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.oauthbearer.token.endpoint.url")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "sasl.password").both().means("Encryption and authentication; there is none here."),
    Def(text, "sasl.username").both().means("Encryption and authentication; there is none here."),
    Def(text, "security.protocol", "plaintext")
        .one_of("plaintext, ssl, sasl_plaintext, sasl_ssl")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.ca.certificate.stores", "Root")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.ca.location").both().means("Encryption and authentication; there is none here."),
    Def(text, "ssl.ca.pem").both().means("Encryption and authentication; there is none here."),
    Def(text, "ssl.certificate.location")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.certificate.pem")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.cipher.suites")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.crl.location")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.curves.list").both().means("Encryption and authentication; there is none here."),
    Def(text, "ssl.endpoint.identification.algorithm", "https")
        .one_of("none, https")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.engine.id", "dynamic")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.engine.location")
        .both()
        .outdated()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.key.location")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.key.password")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.key.pem").both().means("Encryption and authentication; there is none here."),
    Def(text, "ssl.keystore.location")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.keystore.password")
        .both()
        .means("Encryption and authentication; there is none here."),
    Def(text, "ssl.providers").both().means("Encryption and authentication; there is none here."),
    Def(text, "ssl.sigalgs.list")
        .both()
        .means("Encryption and authentication; there is none here."),
};

}  // namespace

std::span<const ConfigDef> librdkafka_security_rows() { return rows; }

}  // namespace kafkasim::protocol::tables
