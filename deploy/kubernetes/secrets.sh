#!/bin/sh
# Makes secrets.env with random secrets, once. GROQ_API_KEY is taken from the environment.
set -eu
cd "$(dirname "$0")"
[ -s secrets.env ] && exit 0
umask 077
{
  echo "JWT_SECRET=$(openssl rand -hex 32)"
  echo "POSTGRES_PASSWORD=$(openssl rand -hex 24)"
  echo "OIDC_CLIENT_SECRET=$(openssl rand -hex 32)"
  echo "KEYCLOAK_ADMIN_PASSWORD=$(openssl rand -hex 12)"
  echo "GROQ_API_KEY=${GROQ_API_KEY:-}"
} >secrets.env.new
mv secrets.env.new secrets.env
