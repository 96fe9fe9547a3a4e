SELECT eventTime AS time FROM event_data_store WHERE {condition} ORDER BY eventTime DESC LIMIT {rows}
