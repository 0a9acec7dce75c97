"""Tests of accounts: login with GitHub, deletion, and the queries of pages about accounts and teams."""
