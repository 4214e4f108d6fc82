#!/bin/sh
# Applies a Secret whose lines come on the standard input: in an argument everybody on this machine could read them.
#   printf 'name=value\n' | apply-secret.sh CONTEXT NAMESPACE NAME
set -eu
kubectl -n "$2" create secret generic "$3" --from-env-file=/dev/stdin --dry-run=client -o yaml |
  kubectl --context "$1" apply -f -
