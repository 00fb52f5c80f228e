"""The PKI web service: SOAP 1.1, document/literal, by which programs fetch and renew their certificates.

A request is read (``reading``), its one use case called and its answer told (``answering``), the reply written and signed
(``replying``, ``signing``). A refusal has a code of ours in the reply (``errors``). docs/pki-web-service.md says what goes over
the wire, with whole examples.
"""
