# The lab's image with the programs that make a network: for `docker compose --profile gateway`, which builds phonehome-lab first.
FROM phonehome-lab
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends nftables iproute2 dnsmasq-base conntrack tcpdump procps \
  && rm -rf /var/lib/apt/lists/*
