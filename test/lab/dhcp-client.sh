#!/bin/sh
# What udhcpc runs on the phone host at every turn: the address is taken as it was given.
case "$1" in
  deconfig) ip -4 addr flush dev "$interface" ;;
  bound | renew)
    ip -4 addr flush dev "$interface"
    ip addr add "$ip/$mask" dev "$interface"
    ip route replace default via "$router" dev "$interface"
    echo "$interface $ip $router $dns $lease"
    ;;
esac
