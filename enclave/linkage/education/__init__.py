"""Education data under the spine number, over the years: what the linked zone holds.

``numbers``    S numbers of unmatched pupils, under a key that outlives the round
``rotation``   replacing that key without the identifiers
``rounds``     the files that each round leaves for good
``history``    which S numbers turned out to be which persons
``results``    all results of all rounds, one row per person and test
``people``     pupils and schools of all rounds
``panel``      results over the years: earlier tests, growth, enrolments
``blocks``     working through persons in blocks, so that memory stays bounded
"""
