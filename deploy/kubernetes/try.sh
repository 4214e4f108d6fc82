#!/bin/sh
# Gets a token from Keycloak and lists the models with it, through two port-forwards that end with it.
#   try.sh CONTEXT
set -eu
cd "$(dirname "$0")"
. ./secrets.env
keycloak=http://localhost:${KEYCLOAK_PORT:-18080}
gateway=http://localhost:${GATEWAY_PORT:-18000}

kubectl --context "$1" -n keycloak port-forward service/keycloak "${KEYCLOAK_PORT:-18080}:8080" >/dev/null &
forwards=$!
kubectl --context "$1" -n inference-gateway port-forward service/inference-gateway "${GATEWAY_PORT:-18000}:8080" >/dev/null &
forwards="$forwards $!"
# shellcheck disable=SC2064,SC2086
trap "kill $forwards" EXIT

left=60
until curl -sf -o /dev/null "$keycloak/realms/inference-gateway-realm" && curl -sf -o /dev/null "$gateway/ready"; do
  left=$((left - 1))
  [ "$left" -gt 0 ] || { echo 'Keycloak or the gateway does not answer.' >&2; exit 1; }
  sleep 1
done

echo 'Without a token:'
curl -s "$gateway/v1/models"
echo
# Secret and token go by the standard input: in an argument everybody on this machine could read them.
token=$(
  printf 'client_id=inference-gateway-client&client_secret=%s&grant_type=client_credentials' "$OIDC_CLIENT_SECRET" |
    curl -sf -d @- "$keycloak/realms/inference-gateway-realm/protocol/openid-connect/token" |
    sed 's/.*"access_token":"\([^"]*\)".*/\1/'
)
echo 'With one:'
printf 'header = "Authorization: Bearer %s"\n' "$token" | curl -sSf -K - "$gateway/v1/models"
echo
